// Backward of a batch normalisation, its sums over rows: dγ = Σ dy·x̂ and dβ = Σ dy of this micro-batch, kept with the statistics for dx, and
// written or added to the parameters' gradients where those are wanted. Rows are added in order within blocks of 32, then the blocks in order.
// x: (N, C) T_X; dy: (N, C) T_DY; statistics: (5, C) Float32, rows 0 to 2 read, 3 and 4 written; partials: (2·blocks, C) Float32;
// dγ, dβ: (1, C) Float32 or null. A thread does 8 columns of a block of rows; blockIdx.y counts blocks of rows. Of the blocks of the same
// columns the last one adds what all have summed. Source: BatchNormKernel.cs.
// macros: T_X T_DY
#include "batch_norm.cuh"

struct BatchNormSums {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<float> statistics;
    float* partials;
    u32* counters;          // one for each block of columns, 0 between launches
    float* dscale;
    float* dshift;
    int rows;
    int columns;
    int accumulate;
};

DEVICE void sum_block(const BatchNormSums& a, int column, size_t block)
{
    int count = a.columns - column;
    Normalizer normalizer(Matrix<const float>{ a.statistics.data, a.statistics.pitch }, column, a.columns);
    Matrix<float> partials = { a.partials, (size_t)a.columns };
    float dscale[VECTOR] = {}, dshift[VECTOR] = {};
#pragma unroll 8
    for (size_t row = block * BLOCK_ROWS; row < block_end(block, a.rows); row++) {
        float x[VECTOR], dy[VECTOR];
        load(a.x.at(row, column), count, a.x.is_aligned(), x);
        load(a.dy.at(row, column), count, a.dy.is_aligned(), dy);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            dscale[j] = fmaf(dy[j], normalizer.of(x[j], j), dscale[j]);
            dshift[j] += dy[j];
        }
    }
    store(partials, Place{ 2 * block, column, count }, dscale);
    store(partials, Place{ 2 * block + 1, column, count }, dshift);
}

// One of the two sums, from those of all blocks.
DEVICE void add_blocks(const BatchNormSums& a, int which, int column, float* gradient)
{
    int count = a.columns - column;
    Matrix<float> partials = { a.partials, (size_t)a.columns };
    float total[VECTOR] = {};
    for (size_t block = 0; block < row_blocks(a.rows); block++) {
        float more[VECTOR];
        load(partials.at(2 * block + which, column), count, partials.is_aligned(), more);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            total[j] += more[j];
    }
    store(a.statistics, Place{ (size_t)(DSCALE + which), column, count }, total);
    if (gradient == 0)
        return;
    if (a.accumulate) {
        float before[VECTOR];
        load_row(gradient, column, a.columns, before);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            total[j] += before[j];
    }
    store(Matrix<float>{ gradient, (size_t)a.columns }, Place{ 0, column, count }, total);
}

KERNEL void __launch_bounds__(64) batch_norm_sums(BatchNormSums a)
{
    int column = own_column();
    if (column < a.columns)
        for (size_t block = blockIdx.y; block < row_blocks(a.rows); block += gridDim.y)
            sum_block(a, column, block);
    if (is_last_block(a.counters + blockIdx.x, gridDim.y) && column < a.columns) {
        add_blocks(a, 0, column, a.dscale);
        add_blocks(a, 1, column, a.dshift);
    }
}
