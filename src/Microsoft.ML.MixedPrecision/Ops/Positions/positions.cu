// Forward: y = x + table[t], t the step of the row in its example; x (R, C) T_X, table (P, C) Float32, y (R, C) T_Y; Float32 arithmetic,
// one rounding; rows of no example are copied. One thread does 8 neighbouring elements, then goes on by the size of the grid.
// Backward: dtable[t] (+)= the sum of dy over the examples with a step t, in their order; dy (R, C) T_X, dtable (P, C) Float32. One thread
// does an element of the table, of a row that is its block's; 128 examples' places at a time lie in shared memory.
// Source: PositionsKernel.cs.
// macros: T_X T_Y
#include "example_places.cuh"

struct PositionsForward {
    Matrix<const T_X> x;
    Matrix<const float> table;
    Matrix<T_Y> y;
    ExamplePlaces places;
    int rows;
    int columns;
};

KERNEL void positions_forward(PositionsForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float x[VECTOR];
        load(a.x, at, x);
        int example = a.places.example_of((int)at.row);
        if (example < a.places.examples) {
            Place of_table = { at.row - a.places.first_of(example), at.column, at.count };
            float position[VECTOR];
            load(a.table, of_table, position);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                x[j] += position[j];
        }
        store(a.y, at, x);
    }
}

struct PositionsBackward {
    Matrix<const T_X> dy;
    Matrix<float> dtable;
    ExamplePlaces places;
    int columns;
    int accumulate;
};

#define MOST_EXAMPLES 128
#define BATCH 16

KERNEL void __launch_bounds__(MOST_EXAMPLES) positions_backward(PositionsBackward a)
{
    __shared__ int rows[MOST_EXAMPLES];     // of each example with the step; −1 where it has none
    const int step = blockIdx.x, column = (int)(blockIdx.y * MOST_EXAMPLES + threadIdx.x);
    const bool is_inside = column < a.columns;
    float sum = 0.0f;
    for (int first = 0; first < a.places.examples; first += MOST_EXAMPLES) {
        const int example = first + threadIdx.x;
        __syncthreads();
        rows[threadIdx.x] = -1;
        if (example < a.places.examples) {
            const int row = a.places.first_of(example) + step;
            rows[threadIdx.x] = row < a.places.end_of(example) ? row : -1;
        }
        __syncthreads();
#pragma unroll 1
        for (int i = 0; i < MOST_EXAMPLES && first + i < a.places.examples; i += BATCH) {
            float x[BATCH];
#pragma unroll
            for (int j = 0; j < BATCH; j++)
                x[j] = rows[i + j] >= 0 && is_inside ? to_float(*a.dy.at(rows[i + j], column)) : 0.0f;
#pragma unroll
            for (int j = 0; j < BATCH; j++)
                sum += x[j];
        }
    }
    if (is_inside) {
        float* to = a.dtable.at(step, column);
        *to = a.accumulate ? *to + sum : sum;
    }
}
