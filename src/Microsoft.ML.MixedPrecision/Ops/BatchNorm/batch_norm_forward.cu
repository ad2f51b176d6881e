// y = γ·x̂ + β, x̂ = (x − µ₀ − δ)·r with the statistics of each column. x: (N, C) T_X; y: (N, C) T_Y; γ, β: (1, C) Float32; statistics: (5, C)
// Float32, rows 0 to 2 read. Float32 arithmetic, one rounding. One thread does 8 neighbouring elements of a row, then goes on by the size of
// the grid. Source: BatchNormKernel.cs.
// macros: T_X T_Y
#include "batch_norm.cuh"

struct BatchNormForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    Matrix<const float> statistics;
    const float* scale;
    const float* shift;
    int rows;
    int columns;
};

KERNEL void batch_norm_forward(BatchNormForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        Normalizer normalizer(a.statistics, at.column, a.columns);
        float values[VECTOR], scale[VECTOR], shift[VECTOR];
        load(a.x, at, values);
        load_row(a.scale, at.column, a.columns, scale);
        load_row(a.shift, at.column, a.columns, shift);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = fmaf(scale[j], normalizer.of(values[j], j), shift[j]);
        store(a.y, at, values);
    }
}
