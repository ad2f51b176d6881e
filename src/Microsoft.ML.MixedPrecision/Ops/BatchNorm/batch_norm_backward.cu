// Backward of a batch normalisation, its input gradient: dx = γ·r·(dy − Σdy/N − x̂·Σ(dy·x̂)/N), from the sums of batch_norm_sums.cu.
// x, dy, dx: (N, C) T_X, T_DY, T_DX; γ: (1, C) Float32; statistics: (5, C) Float32. Float32 arithmetic, one rounding.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: BatchNormKernel.cs.
// macros: T_X T_DY T_DX
#include "batch_norm.cuh"

struct BatchNormBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    Matrix<const float> statistics;
    const float* scale;
    int rows;
    int columns;
};

KERNEL void batch_norm_backward(BatchNormBackward a)
{
    float inverse = 1.0f / (float)a.rows;
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        Normalizer normalizer(a.statistics, at.column, a.columns);
        float x[VECTOR], dy[VECTOR], scale[VECTOR], dscale[VECTOR], dshift[VECTOR];
        load(a.x, at, x);
        load(a.dy, at, dy);
        load_row(a.scale, at.column, a.columns, scale);
        load_row(a.statistics, DSCALE, at.column, a.columns, dscale);
        load_row(a.statistics, DSHIFT, at.column, a.columns, dshift);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            float rest = fmaf(normalizer.of(x[j], j), dscale[j] * -inverse, dy[j] - dshift[j] * inverse);
            dy[j] = (scale[j] * normalizer.deviation[j]) * rest;
        }
        store(a.dx, at, dy);
    }
}
