// dγ = (accumulate ? dγ : 0) + Σ over blocks of sums[·, 0], and dβ likewise of sums[·, 1]: the blocks in 32 groups, each group's in order,
// then the groups in order. sums: (blocks, 2, C) Float32; dγ, dβ: (1, C) Float32.
// A block of 32 warps does 32 columns, a group a warp, which asks for 16 sums at once; blockIdx.y says of which.
// Source: LayerNormKernel.cs.
#include "common.cuh"

#define GROUPS 32
#define BATCH 16

struct LayerNormTotal {
    const float* sums;
    float* dscale;
    float* dshift;
    int blocks;
    int columns;
    int accumulate;
};

KERNEL void __launch_bounds__(32 * GROUPS) layer_norm_total(LayerNormTotal a)
{
    __shared__ float of_groups[GROUPS][32];
    int lane = threadIdx.x & 31, group = threadIdx.x >> 5;
    size_t column = (size_t)blockIdx.x * 32 + lane;
    bool is_inside = column < (size_t)a.columns;
    const float* sums = a.sums + (size_t)blockIdx.y * a.columns + column;
    float total = 0.0f;
    for (int first = group; is_inside && first < a.blocks; first += GROUPS * BATCH) {
        float x[BATCH];
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            x[i] = first + i * GROUPS < a.blocks ? sums[2 * (size_t)(first + i * GROUPS) * a.columns] : 0.0f;
        // What lies behind the last block is 0, which changes no sum.
#pragma unroll
        for (int i = 0; i < BATCH; i++)
            total += x[i];
    }
    of_groups[group][lane] = total;
    __syncthreads();
    if (group != 0 || !is_inside)
        return;
#pragma unroll
    for (int i = 1; i < GROUPS; i++)
        total += of_groups[i][lane];
    float* to = (blockIdx.y == 0 ? a.dscale : a.dshift) + column;
    *to = a.accumulate ? total + *to : total;
}
