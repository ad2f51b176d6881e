// What a pointwise loss says of one output.
#pragma once
#include "common.cuh"

struct Point {
    float loss;
    float slope;        // ∂loss/∂x
};
