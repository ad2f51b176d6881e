// db = (accumulate ? db : 0) + Σ over the blocks of rows of their sums, in order. sums: (blocks, C) Float32; db: (1, C) Float32.
// A block does 32 columns: its 8 warps bring the sums of 256 blocks of rows at a time, the next ones while the first warp adds these, a
// column a lane. Source: BiasGradient.cs.
#include "common.cuh"

#define WARPS 8
#define EACH 32     // sums that a lane brings at once
#define MOST (WARPS * EACH)

struct BiasGradientTotal {
    const float* sums;
    float* db;
    int blocks;
    int columns;
    int accumulate;
};

DEVICE void request(const BiasGradientTotal& a, int first, int warp, size_t column, float (&x)[EACH])
{
#pragma unroll
    for (int i = 0; i < EACH; i++) {
        int block = first + i * WARPS + warp;
        x[i] = block < a.blocks && column < (size_t)a.columns ? a.sums[(size_t)block * a.columns + column] : 0.0f;
    }
}

KERNEL void __launch_bounds__(32 * WARPS) bias_gradient_total(BiasGradientTotal a)
{
    __shared__ float brought[MOST][32];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    size_t column = (size_t)blockIdx.x * 32 + lane;
    float x[EACH], total = 0.0f;
    request(a, 0, warp, column, x);
    for (int first = 0; first < a.blocks; first += MOST) {
#pragma unroll
        for (int i = 0; i < EACH; i++)
            brought[i * WARPS + warp][lane] = x[i];
        __syncthreads();
        request(a, first + MOST, warp, column, x);
        if (warp == 0) {
            int count = a.blocks - first < MOST ? a.blocks - first : MOST;
#pragma unroll 16
            for (int i = 0; i < count; i++)
                total += brought[i][lane];
        }
        __syncthreads();
    }
    if (warp == 0 && column < (size_t)a.columns)
        a.db[column] = a.accumulate ? total + a.db[column] : total;
}
