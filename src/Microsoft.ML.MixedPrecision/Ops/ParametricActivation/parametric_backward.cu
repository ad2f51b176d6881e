// Backward of y = x + α·(act(x) − x), -DACTIVATION says which act: dx = dy + α·(dy·act′(x) − dy), rounded once, and
// dα = (accumulate ? dα : 0) + Σᵢ dyᵢ·(act(xᵢ) − xᵢ) over the rows. x, dy, dx: (N, C) T_X, T_DY, T_DX; dx or null, may be dy; α, dα: (1, C)
// Float32; dα or null; sums: (blocks of rows, C) Float32.
// A block of 8 warps does 32 columns, a warp 16 rows of them at a time in order; of the blocks of the same columns the last one adds the sums of
// 16 rows in order. Source: ParametricBackward.Cpu.cs, bit for bit.
// macros: T_X T_DY T_DX ACTIVATION
#include "activation.cuh"

#define ACROSS 32
#define WARPS 8
#define BLOCK_ROWS 16

struct ParametricBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    const float* shares;
    float* dshares;
    float* sums;
    u32* counters;          // one for each block of columns, 0 between launches
    int rows;
    int columns;
    int accumulate;
};

DEVICE float run_row(const ParametricBackward& a, size_t row, int column, float share, float sum)
{
    float x = to_float(*a.x.at(row, column)), dy = to_float(*a.dy.at(row, column));
    float act = activate(x);
    if (a.dx.data != 0) {
        float through = activation_gradient(dy, ACTIVATION_SAVES_OUTPUT ? act : x);
        round_to(fmaf(share, through - dy, dy), *a.dx.at(row, column));
    }
    return fmaf(dy, act - x, sum);
}

KERNEL void __launch_bounds__(ACROSS * WARPS) parametric_backward(ParametricBackward a)
{
    int column = blockIdx.x * ACROSS + threadIdx.x % ACROSS, warp = threadIdx.x / ACROSS;
    size_t blocks = ((size_t)a.rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    bool is_inside = column < a.columns;
    float share = is_inside ? a.shares[column] : 0.0f;
    for (size_t block = blockIdx.y * WARPS + warp; is_inside && block < blocks; block += (size_t)gridDim.y * WARPS) {
        size_t start = block * BLOCK_ROWS, end = start + BLOCK_ROWS < (size_t)a.rows ? start + BLOCK_ROWS : (size_t)a.rows;
        float sum = 0;
        for (size_t row = start; row < end; row++)
            sum = run_row(a, row, column, share, sum);
        a.sums[block * a.columns + column] = sum;
    }
    if (!is_last_block(a.counters + blockIdx.x, gridDim.y) || a.dshares == 0 || warp != 0 || !is_inside)
        return;
    float total = 0;
    for (size_t block = 0; block < blocks; block++)
        total += a.sums[block * a.columns + column];
    a.dshares[column] = a.accumulate ? total + a.dshares[column] : total;
}
