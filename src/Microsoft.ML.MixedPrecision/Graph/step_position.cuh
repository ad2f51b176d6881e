// Where a step stands: StepPosition.cs, field by field.
#pragma once
#include "common.cuh"

struct StepPosition {
    i64 step;
    i64 row;
};
