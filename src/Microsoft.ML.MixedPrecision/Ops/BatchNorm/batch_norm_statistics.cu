// Mean and variance of each column over the rows of a micro-batch, and the running statistics. With µ₀ the first row's value and u = x − µ₀:
// for each block of 32 rows its mean and Σ(u − mean)², then the blocks combined in order (Chan): δ = mean of u, r = 1/√(σ² + ε).
// running = 0.9·running + 0.1·batch, the variance of which is Σ/(N − 1); one row, and a value that is not finite, leave the running statistics as they are. They start from the
// committed ones in a step's first micro-batch, else from the staged ones, and are staged.
// x: (N, C) T_X; statistics: (5, C) Float32, rows 0 to 2 written; partials: (2·blocks, C) Float32; running ones: (1, C) Float32.
// A thread does 8 columns of a block of rows; blockIdx.y counts blocks of rows. Of the blocks of the same columns the last one combines.
// Source: BatchNormKernel.cs.
// macros: T_X
#include "batch_norm.cuh"
#include "step_position.cuh"

struct Running {
    const float* committed;
    float* staged;
};

struct BatchNormStatistics {
    Matrix<const T_X> x;
    Matrix<float> statistics;
    float* partials;
    u32* counters;          // one for each block of columns, 0 between launches
    const StepPosition* position;
    Running mean;
    Running variance;
    int rows;
    int columns;
};

DEVICE Matrix<float> partials_of(const BatchNormStatistics& a) { return Matrix<float>{ a.partials, (size_t)a.columns }; }

DEVICE void measure(const BatchNormStatistics& a, int column, size_t block)
{
    int count = a.columns - column;
    bool aligned = a.x.is_aligned();
    size_t start = block * BLOCK_ROWS, end = block_end(block, a.rows);
    float n = (float)(end - start);
    float pivot[VECTOR], mean[VECTOR] = {}, squares[VECTOR] = {};
    load(a.x.at(0, column), count, aligned, pivot);
#pragma unroll 8
    for (size_t row = start; row < end; row++) {
        float x[VECTOR];
        load(a.x.at(row, column), count, aligned, x);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            mean[j] += x[j] - pivot[j];
    }
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        mean[j] = mean[j] / n;
#pragma unroll 8
    for (size_t row = start; row < end; row++) {
        float x[VECTOR];
        load(a.x.at(row, column), count, aligned, x);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            float d = x[j] - pivot[j] - mean[j];
            squares[j] = fmaf(d, d, squares[j]);
        }
    }
    store(partials_of(a), Place{ 2 * block, column, count }, mean);
    store(partials_of(a), Place{ 2 * block + 1, column, count }, squares);
}

// Mean and squares over all blocks, in order.
DEVICE void combine(const BatchNormStatistics& a, int column, float (&mean)[VECTOR], float (&squares)[VECTOR])
{
    Matrix<float> partials = partials_of(a);
    float n = 0;
    for (size_t block = 0; block < row_blocks(a.rows); block++) {
        float of_block = (float)(block_end(block, a.rows) - block * BLOCK_ROWS);
        float all = n + of_block, weight = of_block / all, factor = n * weight;
        float other[VECTOR], more[VECTOR];
        load(partials.at(2 * block, column), a.columns - column, partials.is_aligned(), other);
        load(partials.at(2 * block + 1, column), a.columns - column, partials.is_aligned(), more);
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            float difference = other[j] - mean[j];
            mean[j] = mean[j] + difference * weight;
            squares[j] = (squares[j] + more[j]) + (difference * difference) * factor;
        }
        n = all;
    }
}

DEVICE void stage(const BatchNormStatistics& a, const Running& running, int column, const float (&batch)[VECTOR])
{
    float values[VECTOR];
    load_row(a.position->row == 0 ? running.committed : running.staged, column, a.columns, values);
    if (a.rows > 1)
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = is_finite(batch[j]) ? KEPT * values[j] + MOMENTUM * batch[j] : values[j];
    store(Matrix<float>{ running.staged, (size_t)a.columns }, Place{ 0, column, a.columns - column }, values);
}

DEVICE void finish(const BatchNormStatistics& a, int column)
{
    int count = a.columns - column;
    float pivot[VECTOR], rest[VECTOR] = {}, squares[VECTOR] = {}, deviation[VECTOR], mean[VECTOR], variance[VECTOR];
    combine(a, column, rest, squares);
    load(a.x.at(0, column), count, a.x.is_aligned(), pivot);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) {
        deviation[j] = 1.0f / sqrtf(squares[j] / (float)a.rows + EPSILON);
        mean[j] = pivot[j] + rest[j];
        variance[j] = squares[j] / (float)(a.rows - 1);
    }
    store(a.statistics, Place{ MEAN, column, count }, pivot);
    store(a.statistics, Place{ REST, column, count }, rest);
    store(a.statistics, Place{ DEVIATION, column, count }, deviation);
    stage(a, a.mean, column, mean);
    stage(a, a.variance, column, variance);
}

KERNEL void __launch_bounds__(64) batch_norm_statistics(BatchNormStatistics a)
{
    int column = own_column();
    if (column < a.columns)
        for (size_t block = blockIdx.y; block < row_blocks(a.rows); block += gridDim.y)
            measure(a, column, block);
    if (is_last_block(a.counters + blockIdx.x, gridDim.y) && column < a.columns)
        finish(a, column);
}
