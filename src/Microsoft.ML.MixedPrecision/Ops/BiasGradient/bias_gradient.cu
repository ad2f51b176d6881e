// db = (accumulate ? db : 0) + Σᵢ dzᵢ over the rows i, in Float32. dz: (N, C) T_DZ; db: (1, C) Float32; sums: (⌈N/64⌉, C) Float32.
// Rows are added in order within blocks of 64, then the blocks in order: the order, and so the bits, of BiasGradient.Cpu.cs.
// bias_gradient_blocks: a thread adds 64 rows of COLUMNS neighbouring columns; blockIdx.y counts blocks of rows.
// bias_gradient_total: a thread adds the sums of one column.
// macros: T_DZ COLUMNS
#include "common.cuh"

#define BLOCK_ROWS 64

KERNEL void bias_gradient_blocks(const T_DZ* dz, size_t pitch, float* sums, int rows, int columns)
{
    int column = (int)thread_index() * COLUMNS;
    if (column >= columns)
        return;
    bool whole = column + COLUMNS <= columns && is_aligned(dz, pitch * sizeof(T_DZ));
    for (size_t block = blockIdx.y; block * BLOCK_ROWS < (size_t)rows; block += gridDim.y) {
        size_t first = block * BLOCK_ROWS;
        int count = (size_t)rows - first < BLOCK_ROWS ? (int)((size_t)rows - first) : BLOCK_ROWS;
        const T_DZ* from = dz + first * pitch + column;
        float total[COLUMNS] = {};
#pragma unroll 8
        for (int i = 0; i < count; i++, from += pitch) {
#if COLUMNS == VECTOR
            float x[VECTOR];
            load(from, columns - column, whole, x);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                total[j] += x[j];
#else
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                if (whole || column + j < columns)
                    total[j] += to_float(from[j]);
#endif
        }
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            if (column + j < columns)
                sums[block * columns + column + j] = total[j];
    }
}

KERNEL void bias_gradient_total(const float* sums, float* db, int rows, int columns, int accumulate)
{
    int column = (int)thread_index();
    if (column >= columns)
        return;
    int blocks = (int)(((size_t)rows + BLOCK_ROWS - 1) / BLOCK_ROWS);
    float total = 0;
#pragma unroll 8
    for (int block = 0; block < blocks; block++)
        total += sums[(size_t)block * columns + column];
    db[column] = accumulate ? total + db[column] : total;
}
