// db = (accumulate ? db : 0) + Σᵢ dzᵢ over the rows i, in Float32. dz: (N, C) T_DZ; db: (1, C) Float32; sums: (⌈N/64⌉, C) Float32.
// Rows are added in order within blocks of 64, then the blocks in order: the order, and so the bits, of BiasGradient.Cpu.cs.
// bias_gradient_blocks: a thread adds 64 rows of COLUMNS neighbouring columns; blockIdx.y counts blocks of rows.
// bias_gradient_total: a thread adds the sums of one column. Source: BiasGradient.cs.
// macros: T_DZ COLUMNS
#include "common.cuh"

#define BLOCK_ROWS 64

struct BiasGradient {
    Matrix<const T_DZ> dz;
    float* sums;
    float* db;
    int rows;
    int columns;
    int accumulate;
};

// The elements of a row that a thread adds; vectors of 8 are read at once, fewer one by one.
DEVICE void load_terms(const BiasGradient& a, size_t row, int column, bool aligned, float (&x)[COLUMNS])
{
#if COLUMNS == VECTOR
    load(a.dz.at(row, column), a.columns - column, aligned, x);
#else
    (void)aligned;
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        x[j] = column + j < a.columns ? to_float(*a.dz.at(row, column + j)) : 0.0f;
#endif
}

KERNEL void bias_gradient_blocks(BiasGradient a)
{
    int column = (int)thread_index() * COLUMNS;
    if (column >= a.columns)
        return;
    bool aligned = a.dz.is_aligned();
    for (size_t block = blockIdx.y; block * BLOCK_ROWS < (size_t)a.rows; block += gridDim.y) {
        size_t end = (block + 1) * BLOCK_ROWS < (size_t)a.rows ? (block + 1) * BLOCK_ROWS : (size_t)a.rows;
        float total[COLUMNS] = {};
#pragma unroll 8
        for (size_t row = block * BLOCK_ROWS; row < end; row++) {
            float x[COLUMNS];
            load_terms(a, row, column, aligned, x);
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                total[j] += x[j];
        }
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            if (column + j < a.columns)
                a.sums[block * a.columns + column + j] = total[j];
    }
}

KERNEL void bias_gradient_total(BiasGradient a)
{
    int column = (int)thread_index();
    if (column >= a.columns)
        return;
    int blocks = (int)(((size_t)a.rows + BLOCK_ROWS - 1) / BLOCK_ROWS);
    float total = 0;
#pragma unroll 8
    for (int block = 0; block < blocks; block++)
        total += a.sums[(size_t)block * a.columns + column];
    a.db[column] = a.accumulate ? total + a.db[column] : total;
}
