// totals += of all elements: the largest |x|, NaN counting as ∞; how many 0 < |x| < 2⁻¹⁴, Float16's smallest normal number; how many zeros;
// how many. x: (N, C) T_X; totals: one RangeTotals. Whole numbers all, so that no order of the additions shows.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid; each block adds to the totals once.
// Source: RangeProbe.cs.
// macros: T_X
#include "common.cuh"

#define INFINITY_BITS 0x7F800000u
#define SMALLEST_NORMAL_BITS 0x38800000u

// RangeProbe.cs, field by field.
struct RangeTotals {
    float largest;
    u64 below_normal;
    u64 zeros;
    u64 count;
};

struct RangeProbe {
    Matrix<const T_X> x;
    RangeTotals* totals;
    int rows;
    int columns;
};

DEVICE u32 larger(u32 x, u32 y) { return x > y ? x : y; }

// The largest over a block, the same in all threads. For one use in a kernel: nobody waits until it has been read.
DEVICE u32 block_largest(u32 x)
{
    __shared__ u32 of_warps[32];
    int lane = threadIdx.x & 31;
    for (int step = 16; step > 0; step >>= 1)
        x = larger(x, __shfl_down_sync(0xFFFFFFFFu, x, step));
    if (lane == 0)
        of_warps[threadIdx.x >> 5] = x;
    __syncthreads();
    for (int warp = 0; warp < (int)(blockDim.x >> 5); warp++)
        x = larger(x, of_warps[warp]);
    return x;
}

KERNEL void range_probe(RangeProbe a)
{
    // Bits of floats that are not negative are ordered as the floats are.
    u32 largest = 0;
    u64 below_normal = 0, zeros = 0;
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR];
        load(a.x, at, values);
        u32 below = 0, none = 0;
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            u32 bits = bits_of(absolute(values[j]));
            bool counts = j < at.count;
            largest = larger(largest, bits < INFINITY_BITS ? bits : INFINITY_BITS);
            below += counts && bits != 0 && bits < SMALLEST_NORMAL_BITS;
            none += counts && bits == 0;
        }
        below_normal += below;
        zeros += none;
    }

    largest = block_largest(largest);
    below_normal = block_sum(below_normal);
    zeros = block_sum(zeros);
    if (threadIdx.x != 0)
        return;
    atomicMax((u32*)&a.totals->largest, largest);
    if (below_normal != 0)
        atomicAdd(&a.totals->below_normal, below_normal);
    if (zeros != 0)
        atomicAdd(&a.totals->zeros, zeros);
    if (blockIdx.x == 0)
        atomicAdd(&a.totals->count, (u64)a.rows * a.columns);
}
