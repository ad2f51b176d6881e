// dz = x ⊙ act′(saved), -DACTIVATION says which, stored once rounded; then db = (accumulate ? db : 0) + Σᵢ dzᵢ over the rows i, in Float32, of
// what was stored. With ACTIVATION 0, x is dz already and nothing is stored.
// x: (N, C) T_X; saved: (N, C) T_SAVED; dz: (N, C) T_DZ, may be x; db: (1, C) Float32; sums: (⌈N/B⌉, C) Float32, B = block_rows.
// Rows are added in order within blocks of B, then the blocks in order: the order, and so the bits, of BiasGradient.Cpu.cs.
// A thread does B rows of COLUMNS neighbouring columns; blockIdx.y counts blocks of rows. Of the blocks of the same columns the last one
// adds what all have summed. Source: BiasGradient.cs, activation.cuh.
// macros: T_X T_SAVED T_DZ ACTIVATION COLUMNS
#include "activation.cuh"

// Rows that a thread reads before it writes any: what is read behind a write waits for it.
#define BATCH (COLUMNS == VECTOR ? 4 : 16)

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

// Up to COLUMNS neighbouring elements; vectors of 8 are read at once, fewer one by one.
template <class T>
DEVICE void load_terms(const Matrix<T>& from, size_t row, int column, int columns, bool aligned, float (&x)[COLUMNS])
{
#if COLUMNS == VECTOR
    load(from.at(row, column), columns - column, aligned, x);
#else
    (void)aligned;
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        x[j] = column + j < columns ? to_float(*from.at(row, column + j)) : 0.0f;
#endif
}

// Stores them and gives back what was stored.
DEVICE void store_terms(const Matrix<T_DZ>& to, size_t row, int column, int columns, bool aligned, float (&x)[COLUMNS])
{
    T_DZ* at = to.at(row, column);
    T_DZ rounded[COLUMNS];
#pragma unroll
    for (int j = 0; j < COLUMNS; j++) {
        round_to(x[j], rounded[j]);
        x[j] = to_float(rounded[j]);
    }
#if COLUMNS == VECTOR
    if (aligned && columns - column >= VECTOR) {
        store_vector(at, x);
        return;
    }
#endif
    (void)aligned;
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        if (column + j < columns)
            at[j] = rounded[j];
}

// BATCH rows at once.
DEVICE void add_batch(const BiasGradient& a, int column, size_t start, size_t end, float (&total)[COLUMNS])
{
    bool x_aligned = a.x.is_aligned(), saved_aligned = a.saved.is_aligned(), dz_aligned = a.dz.is_aligned();
    float x[BATCH][COLUMNS], saved[BATCH][COLUMNS];
#pragma unroll
    for (int i = 0; i < BATCH; i++)
        if (start + i < end) {
            load_terms(a.x, start + i, column, a.columns, x_aligned, x[i]);
#if ACTIVATION != ACTIVATION_NONE
            load_terms(a.saved, start + i, column, a.columns, saved_aligned, saved[i]);
#endif
        }
#pragma unroll
    for (int i = 0; i < BATCH; i++)
        if (start + i < end) {
#if ACTIVATION != ACTIVATION_NONE
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                x[i][j] = activation_gradient(x[i][j], saved[i][j]);
            store_terms(a.dz, start + i, column, a.columns, dz_aligned, x[i]);
#endif
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                total[j] += x[i][j];
        }
    (void)saved, (void)saved_aligned, (void)dz_aligned;
}

DEVICE void sum_rows(const BiasGradient& a, int column, size_t block)
{
    size_t start = block * a.block_rows, end = start + a.block_rows < (size_t)a.rows ? start + a.block_rows : (size_t)a.rows;
    float total[COLUMNS] = {};
    for (size_t row = start; row < end; row += BATCH)
        add_batch(a, column, row, end, total);
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        if (column + j < a.columns)
            a.sums[block * a.columns + column + j] = total[j];
}

// A thread's columns, from the sums of all blocks of rows.
DEVICE void add_blocks(const BiasGradient& a, int column)
{
    Matrix<const float> sums = { a.sums, (size_t)a.columns };
    bool aligned = sums.is_aligned();
    int blocks = (int)(((size_t)a.rows + a.block_rows - 1) / a.block_rows);
    float total[COLUMNS] = {};
#pragma unroll 16
    for (int block = 0; block < blocks; block++) {
        float x[COLUMNS];
        load_terms(sums, block, column, a.columns, aligned, x);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            total[j] += x[j];
    }
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        if (column + j < a.columns)
            a.db[column + j] = a.accumulate ? total[j] + a.db[column + j] : total[j];
}

KERNEL void bias_gradient(BiasGradient a)
{
    int column = (int)thread_index() * COLUMNS;
    if (column < a.columns)
        for (size_t block = blockIdx.y; block * a.block_rows < (size_t)a.rows; block += gridDim.y)
            sum_rows(a, column, block);
    if (is_last_block(a.counters + blockIdx.x, gridDim.y) && column < a.columns)
        add_blocks(a, column);
}
