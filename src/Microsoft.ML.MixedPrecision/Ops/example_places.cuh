// Which rows of a matrix are an example's. Source: ExamplePlaces.cs, field by field.
#pragma once
#include "common.cuh"

struct ExamplePlaces {
    const int* ends;        // (N), or null where each example has steps rows
    int examples;
    int steps;

    DEVICE int first_of(int example) const { return !ends ? example * steps : example == 0 ? 0 : ends[example - 1]; }
    DEVICE int end_of(int example) const { return !ends ? (example + 1) * steps : ends[example]; }

    // The example of a row: the first whose end is behind it; their number for a row of none.
    DEVICE int example_of(int row) const
    {
        if (!ends)
            return row / steps;
        int low = 0, high = examples;
        while (low < high) {
            int middle = low + (high - low) / 2;
            if (ends[middle] > row)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
};
