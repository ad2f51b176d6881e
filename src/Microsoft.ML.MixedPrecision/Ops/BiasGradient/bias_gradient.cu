// dz = x ⊙ act′(saved), -DACTIVATION says which, stored once rounded; then db = (accumulate ? db : 0) + Σᵢ dzᵢ over the rows i, in Float32, of
// what was stored. With ACTIVATION 0, x is dz already and nothing is stored.
// x: (N, C) T_X; saved: (N, C) T_SAVED; dz: (N, C) T_DZ, may be x; db: (1, C) Float32; sums: (⌈N/B⌉, C) Float32, B = block_rows.
// Rows are added in order within blocks of B, then the blocks in order: the order, and so the bits, of BiasGradient.Cpu.cs.
// A thread does B rows of COLUMNS neighbouring columns; blockIdx.y counts blocks of rows. Of the blocks of the same columns the last one
// adds what all have summed. Source: BiasGradient.cs, activation.cuh.
// macros: T_X T_SAVED T_DZ ACTIVATION COLUMNS
#include "column_group.cuh"

// Rows that a thread asks for at once: enough to keep the memory busy.
#define BATCH (COLUMNS == VECTOR ? 8 : 16)

struct BiasGradient {
    Matrix<const T_X> x;
    Matrix<const T_SAVED> saved;
    Matrix<T_DZ> dz;
    float* sums;
    float* db;
    u32* counters;          // one for each block of columns, 0 between launches
    int rows;
    int columns;
    int block_rows;
    int accumulate;
};

DEVICE void sum_rows(const BiasGradient& a, int column)
{
    GradientColumns gradient(a.x, a.saved, a.dz, column, a.columns);
    for (size_t block = blockIdx.y; block * a.block_rows < (size_t)a.rows; block += gridDim.y) {
        size_t start = block * a.block_rows, end = start + a.block_rows < (size_t)a.rows ? start + a.block_rows : (size_t)a.rows;
        float total[COLUMNS] = {};
        gradient.add<BATCH>(start, end, total);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            if (column + j < a.columns)
                a.sums[block * a.columns + column + j] = total[j];
    }
}

// A thread's columns, from the sums of all blocks of rows.
DEVICE void add_blocks(const BiasGradient& a, int column)
{
    Matrix<const float> sums = { a.sums, (size_t)a.columns };
    bool is_whole = column + COLUMNS <= a.columns && has_aligned_groups(sums);
    int blocks = (int)(((size_t)a.rows + a.block_rows - 1) / a.block_rows), block = 0;
    float total[COLUMNS] = {};
    for (; is_whole && block + 8 <= blocks; block += 8) {
        Group<float> groups[8];
#pragma unroll
        for (int i = 0; i < 8; i++)
            load_group(sums.at(block + i, column), groups[i]);
#pragma unroll
        for (int i = 0; i < 8; i++)
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                total[j] += of_bits(groups[i].words[j]);
    }
    for (; block < blocks; block++) {
        float x[COLUMNS];
        load_elements(sums.at(block, column), a.columns - column, x);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            total[j] += x[j];
    }
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        if (column + j < a.columns)
            a.db[column + j] = a.accumulate ? total[j] + a.db[column + j] : total[j];
}

KERNEL void __launch_bounds__(64) bias_gradient(BiasGradient a)
{
    int column = (int)thread_index() * COLUMNS;
    if (column < a.columns)
        sum_rows(a, column);
    if (is_last_block(a.counters + blockIdx.x, gridDim.y) && column < a.columns)
        add_blocks(a, column);
}
