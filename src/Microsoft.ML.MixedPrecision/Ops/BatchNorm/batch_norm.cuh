// What the kernels of a batch normalisation share. Formulas and their sources: BatchNormKernel.cs.
#pragma once
#include "common.cuh"

// Constants of BatchNormKernel.cs.
#define EPSILON 1e-5f
#define MOMENTUM 0.1f
#define KEPT 0.9f
#define BLOCK_ROWS 32

// Rows of the statistics: µ₀, δ, r of each column, then Σ dy·x̂ and Σ dy.
#define MEAN 0
#define REST 1
#define DEVIATION 2
#define DSCALE 3
#define DSHIFT 4

// First column of a thread's eight; threads of a warp take neighbouring ones.
DEVICE int own_column() { return (int)thread_index() * VECTOR; }

DEVICE size_t row_blocks(int rows) { return ((size_t)rows + BLOCK_ROWS - 1) / BLOCK_ROWS; }

DEVICE size_t block_end(size_t block, int rows)
{
    size_t end = (block + 1) * BLOCK_ROWS;
    return end < (size_t)rows ? end : (size_t)rows;
}

// Up to eight elements of row of a Float32 matrix.
DEVICE void load_row(const Matrix<const float>& from, int row, int column, int columns, float (&x)[VECTOR])
{
    load(from.at(row, column), columns - column, from.is_aligned(), x);
}

// Up to eight elements of a Float32 vector.
DEVICE void load_row(const float* from, int column, int columns, float (&x)[VECTOR])
{
    load(from + column, columns - column, ((size_t)from & 15) == 0, x);
}

// x̂ of eight columns.
struct Normalizer {
    float mean[VECTOR], rest[VECTOR], deviation[VECTOR];

    DEVICE Normalizer(const Matrix<const float>& statistics, int column, int columns)
    {
        load_row(statistics, MEAN, column, columns, mean);
        load_row(statistics, REST, column, columns, rest);
        load_row(statistics, DEVIATION, column, columns, deviation);
    }

    DEVICE float of(float x, int j) const { return (x - mean[j] - rest[j]) * deviation[j]; }
};
