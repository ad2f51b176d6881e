// The statistics of a batch normalisation that scores, from the running ones: µ₀ = mean, δ = 0, r = 1/√(variance + ε).
// mean, variance: (1, C) Float32; statistics: (5, C) Float32, rows 0 to 2 written. One thread does 8 columns, then goes on by the size of the grid.
// Source: BatchNormKernel.cs.
#include "batch_norm.cuh"

struct BatchNormRunning {
    const float* mean;
    const float* variance;
    Matrix<float> statistics;
    int columns;
};

KERNEL void batch_norm_running(BatchNormRunning a)
{
    for (size_t i = thread_index(); i < vectors_of(1, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float mean[VECTOR], rest[VECTOR] = {}, deviation[VECTOR];
        load_row(a.mean, at.column, a.columns, mean);
        load_row(a.variance, at.column, a.columns, deviation);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            deviation[j] = 1.0f / sqrtf(deviation[j] + EPSILON);
        store(a.statistics, Place{ MEAN, at.column, at.count }, mean);
        store(a.statistics, Place{ REST, at.column, at.count }, rest);
        store(a.statistics, Place{ DEVIATION, at.column, at.count }, deviation);
    }
}
