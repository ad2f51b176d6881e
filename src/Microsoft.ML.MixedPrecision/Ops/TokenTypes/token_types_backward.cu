// dtable[k] = (accumulate ? dtable[k] : 0) + Σ dy over the rows of type k: dy (R, C) T_DY, types (R) Int32, dtable (2, C) Float32, sums
// (⌈R/B⌉, 2, C) Float32, B = block_rows. Rows are added in order within blocks of B, then the blocks in order: the order, and so the bits,
// of TokenTypes.Cpu.cs. Source: TokenTypesKernel.cs.
// macros: T_DY
#include "common.cuh"

#define TYPES 2

struct TokenTypesBackward {
    Matrix<const T_DY> dy;
    Matrix<float> dtable;
    const int* types;
    float* sums;
    int rows;
    int columns;
    int block_rows;
    int accumulate;
};

DEVICE int blocks_of(const TokenTypesBackward& a) { return (int)(((size_t)a.rows + a.block_rows - 1) / a.block_rows); }

// The sums of blocks. One thread does 8 neighbouring columns of a block, then goes on by the size of the grid.
KERNEL void token_types_sums(TokenTypesBackward a)
{
    Matrix<float> to = { a.sums, (size_t)a.columns };
    for (size_t i = thread_index(); i < vectors_of(blocks_of(a), a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        size_t first = at.row * a.block_rows, end = first + a.block_rows < (size_t)a.rows ? first + a.block_rows : (size_t)a.rows;
        float sums[TYPES][VECTOR] = {};
#pragma unroll 4
        for (size_t row = first; row < end; row++) {
            int type = a.types[row];
            float dy[VECTOR];
            load(a.dy, Place{ row, at.column, at.count }, dy);
            // The 0 of another type changes no sum, as none is −0.
#pragma unroll
            for (int k = 0; k < TYPES; k++)
#pragma unroll
                for (int j = 0; j < VECTOR; j++)
                    sums[k][j] += type == k ? dy[j] : 0.0f;
        }
#pragma unroll
        for (int k = 0; k < TYPES; k++)
            store(to, Place{ TYPES * at.row + k, at.column, at.count }, sums[k]);
    }
}

// The sums of all blocks. One thread does a column of a type, then goes on by the size of the grid.
KERNEL void token_types_total(TokenTypesBackward a)
{
    size_t work = TYPES * (size_t)a.columns;
    int blocks = blocks_of(a);
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        float total = 0.0f;
#pragma unroll 8
        for (int block = 0; block < blocks; block++)
            total += a.sums[block * work + i];
        size_t type = i / a.columns;
        float* to = a.dtable.at(type, (int)(i - type * a.columns));
        *to = a.accumulate ? total + *to : total;
    }
}
