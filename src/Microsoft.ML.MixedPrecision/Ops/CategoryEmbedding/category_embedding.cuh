// Which row of the table a number of a category stands for. Source: CategoryPlaces.cs.
#pragma once

#include "common.cuh"

#define GROUP 128   // Group of CategoryEmbeddingKernel.Cuda.cs

// Neighbouring categories and their rows of the table.
struct CategoryGroup {
    int first;              // number of the first
    int count;
    int starts[GROUP + 1];  // their first rows, and behind them that of the next category
};

// The missing, 0; the unseen, whatever is no whole number from 0 to the last level, NaN too; or a level.
DEVICE int row_of(const CategoryGroup& group, int category, float value)
{
    int start = group.starts[category], levels = group.starts[category + 1] - start - 2;
    if (value == 0.0f)
        return start;
    bool is_level = value >= 1.0f && value <= (float)levels && value == (float)(int)value;
    return is_level ? start + 1 + (int)value : start + 1;
}
