// Forward: y = x + table[t], t the step of the row in its example; x (R, C) T_X, table (P, C) Float32, y (R, C) T_Y; Float32 arithmetic, one
// rounding; rows of no example are copied. One thread does 8 neighbouring elements, then goes on by the size of the grid.
// Backward: dtable[t] (+)= the sum of dy over the examples with a step t, in their order; dy (R, C) T_X, dtable (P, C) Float32. One thread does
// 8 neighbouring elements of a row of the table.
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
    int table_rows;
    int columns;
    int accumulate;
};

KERNEL void positions_backward(PositionsBackward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.table_rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float sum[VECTOR] = {};
        for (int example = 0; example < a.places.examples; example++) {
            int first = a.places.first_of(example);
            if (first + (int)at.row >= a.places.end_of(example))
                continue;
            Place row = { (size_t)first + at.row, at.column, at.count };
            float dy[VECTOR];
            load(a.dy, row, dy);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                sum[j] += dy[j];
        }
        if (a.accumulate) {
            float before[VECTOR];
            load((const Matrix<const float>&)a.dtable, at, before);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                sum[j] = before[j] + sum[j];
        }
        store(a.dtable, at, sum);
    }
}
