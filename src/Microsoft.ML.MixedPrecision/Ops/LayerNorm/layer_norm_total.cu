// dγ = (accumulate ? dγ : 0) + Σ over blocks of sums[·, 0], and dβ likewise of sums[·, 1]: the blocks in 128 groups, each group's in order,
// then every 32nd group in order, then these. sums: (blocks, 2, C) Float32; dγ, dβ: (1, C) Float32.
// A block of 1024 threads does 8 columns, a thread a column of a group, for which it asks for 16 sums at once; blockIdx.y says of which.
// Source: LayerNormKernel.cs.
#include "common.cuh"

#define ACROSS 8
#define GROUPS 128
#define BATCH 16

struct LayerNormTotal {
    const float* sums;
    float* dscale;
    float* dshift;
    int blocks;
    int columns;
    int accumulate;
};

KERNEL void __launch_bounds__(ACROSS * GROUPS) layer_norm_total(LayerNormTotal a)
{
    __shared__ float of_groups[GROUPS][ACROSS + 1];
    const int across = threadIdx.x % ACROSS, group = threadIdx.x / ACROSS;
    const size_t column = (size_t)blockIdx.x * ACROSS + across;
    const float* sums = a.sums + (size_t)blockIdx.y * a.columns + column;
    float total = 0.0f;
    for (int first = group; column < (size_t)a.columns && first < a.blocks; first += GROUPS * BATCH) {
        float x[BATCH];
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            x[i] = first + i * GROUPS < a.blocks ? sums[2 * (size_t)(first + i * GROUPS) * a.columns] : 0.0f;
        // What lies behind the last block is 0, which changes no sum.
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            total += x[i];
    }
    of_groups[group][across] = total;
    __syncthreads();

    // A warp a column.
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const size_t own = (size_t)blockIdx.x * ACROSS + warp;
    if (warp >= ACROSS || own >= (size_t)a.columns)
        return;
    total = 0.0f;
#pragma unroll
    for (int i = 0; i < GROUPS; i += 32)
        total += of_groups[i + lane][warp];
    total = warp_sum(total);
    float* to = (blockIdx.y == 0 ? a.dscale : a.dshift) + own;
    if (lane == 0)
        *to = a.accumulate ? total + *to : total;
}
