// The share of weight decay and dropout in step t of T, t from 1. Source: RegularizationCourse.cs.
#pragma once
#include "common.cuh"

// RegularizationCourse.cs, field by field.
struct RegularizationCourse {
    i64 steps;              // T; 0: 1 throughout
};

DEVICE float share_of_regularization(const RegularizationCourse& course, i64 step)
{
    if (course.steps == 0)
        return 1.0f;
    double progress = (double)(step - 1) / (double)course.steps;
    progress = progress < 1.0 ? progress : 1.0;
    return (float)((1.0 + cospi(progress > 0.5 ? 2.0 * progress - 1.0 : 0.0)) / 2.0);
}
