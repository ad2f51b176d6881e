// The same as bias_gradient.cu, bit for bit, for matrices of few rows and columns, in one go without a meeting of blocks:
// dz = x ⊙ act′(saved), stored once rounded (not with ACTIVATION 0); db = (accumulate ? db : 0) + Σᵢ dzᵢ over the rows, in Float32.
// x: (N, C) T_X; saved: (N, C) T_SAVED; dz: (N, C) T_DZ, may be x; db: (1, C) Float32.
// A block does 16 columns, 2 a thread, and 64 blocks of 16 rows at a time: each thread adds its 16 rows in order, then one thread for each
// column adds the sums of all in order. Source: BiasGradient.cs.
// macros: T_X T_SAVED T_DZ ACTIVATION
#define COLUMNS 2
#include "column_group.cuh"

#define ACROSS 8
#define LANES 64
#define BLOCK_ROWS 16

struct BiasGradientSmall {
    Matrix<const T_X> x;
    Matrix<const T_SAVED> saved;
    Matrix<T_DZ> dz;
    float* db;
    int rows;
    int columns;
    int accumulate;
};

KERNEL void __launch_bounds__(ACROSS * LANES) bias_gradient_small(BiasGradientSmall a)
{
    __shared__ float sums[LANES][ACROSS * COLUMNS + 1];
    int across = threadIdx.x % ACROSS, lane = threadIdx.x / ACROSS;
    int column = (blockIdx.x * ACROSS + across) * COLUMNS;
    int own = blockIdx.x * ACROSS * COLUMNS + threadIdx.x;
    GradientColumns gradient(a.x, a.saved, a.dz, column, a.columns);
    float total = 0;
    for (int start = 0; start < a.rows; start += LANES * BLOCK_ROWS) {
        float block[COLUMNS] = {};
        int first = start + lane * BLOCK_ROWS, end = first + BLOCK_ROWS < a.rows ? first + BLOCK_ROWS : a.rows;
        if (column < a.columns && first < a.rows)
            gradient.add<BLOCK_ROWS>(first, end, block);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            sums[lane][across * COLUMNS + j] = block[j];
        __syncthreads();
        // What lies behind the last row is 0, which changes no sum.
        if (threadIdx.x < ACROSS * COLUMNS)
#pragma unroll
            for (int i = 0; i < LANES; i++)
                total += sums[i][threadIdx.x];
        __syncthreads();
    }
    if (threadIdx.x < ACROSS * COLUMNS && own < a.columns)
        a.db[own] = a.accumulate ? total + a.db[own] : total;
}
