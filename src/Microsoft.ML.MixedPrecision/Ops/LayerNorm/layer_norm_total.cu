// dγ = (accumulate ? dγ : 0) + Σ over blocks of sums[·, 0], and dβ likewise of sums[·, 1]: the blocks in 16 groups, each group's in order, then
// the groups in order. sums: (blocks, 2, C) Float32; dγ, dβ: (1, C) Float32.
// A block of 16 warps does 32 columns, a group a warp; blockIdx.y says of which. Source: LayerNormKernel.cs.
#include "common.cuh"

#define GROUPS 16

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
    float total = 0;
    if (is_inside) {
#pragma unroll 8
        for (int block = group; block < a.blocks; block += GROUPS)
            total += a.sums[((size_t)block * 2 + blockIdx.y) * a.columns + column];
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
