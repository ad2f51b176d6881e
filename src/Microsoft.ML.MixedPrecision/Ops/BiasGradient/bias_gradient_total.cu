// db = (accumulate ? db : 0) + Σ over the blocks of rows of their sums, in order. sums: (blocks, C) Float32; db: (1, C) Float32.
// A block does 8 columns: its 256 threads bring the sums of 512 blocks of rows at a time, the next ones while a thread for each column adds
// these. Source: BiasGradient.cs.
#include "common.cuh"

#define ACROSS 8
#define DOWN 32
#define EACH 16     // sums that a thread brings at once
#define BATCH 32    // and adds at once

struct BiasGradientTotal {
    const float* sums;
    float* db;
    int blocks;
    int columns;
    int accumulate;
};

// What lies behind the last block of rows is 0, which changes no sum.
DEVICE void request(const BiasGradientTotal& a, int first, size_t column, float (&x)[EACH])
{
#pragma unroll
    for (int i = 0; i < EACH; i++) {
        int block = first + i * DOWN + (int)threadIdx.x / ACROSS;
        x[i] = block < a.blocks && column < (size_t)a.columns ? a.sums[(size_t)block * a.columns + column] : 0.0f;
    }
}

KERNEL void __launch_bounds__(ACROSS * DOWN) bias_gradient_total(BiasGradientTotal a)
{
    __shared__ float brought[EACH * DOWN][ACROSS];
    const int across = threadIdx.x % ACROSS, down = threadIdx.x / ACROSS;
    const size_t column = (size_t)blockIdx.x * ACROSS + across;
    float x[EACH], total = 0.0f;
    request(a, 0, column, x);
    for (int first = 0; first < a.blocks; first += EACH * DOWN) {
#pragma unroll
        for (int i = 0; i < EACH; i++)
            brought[i * DOWN + down][across] = x[i];
        __syncthreads();
        request(a, first + EACH * DOWN, column, x);
#pragma unroll 1
        for (int i = 0; down == 0 && i < EACH * DOWN && first + i < a.blocks; i += BATCH) {
            float batch[BATCH];
#pragma unroll
            for (int j = 0; j < BATCH; j++)
                batch[j] = brought[i + j][across];
#pragma unroll
            for (int j = 0; j < BATCH; j++)
                total += batch[j];
        }
        __syncthreads();
    }
    if (down == 0 && column < (size_t)a.columns)
        a.db[column] = a.accumulate ? total + a.db[column] : total;
}
