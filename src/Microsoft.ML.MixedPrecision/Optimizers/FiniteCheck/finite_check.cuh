// What a block of finite_check found: FinitePartial.cs, field by field.
#pragma once
#include "common.cuh"

struct FinitePartial {
    double squares;         // Σ gᵢ²; not finite exactly where an element is not
    i64 first_non_finite;   // number of the first such element; −1 for none
};
