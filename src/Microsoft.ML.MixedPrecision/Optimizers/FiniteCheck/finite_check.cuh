// Σ gᵢ² in binary64, and with it whether all gᵢ are finite: a square of a finite Float32 is at most 1.2e77, so the sum is finite
// exactly if every element is. g: count Float32, aligned to 16 bytes. A block does chunks of 4096 elements, a grid apart, in a fixed order;
// the size of the grid depends on the count alone, so that the bits do. Source: FiniteCheckKernel.cs.
#pragma once
#include "common.cuh"

#define CHECK_CHUNK 4096
#define CHECK_THREADS 256

// What a block found: FinitePartial.cs, field by field.
struct FinitePartial {
    double squares;         // Σ gᵢ²; not finite exactly where an element is not
    i64 first_non_finite;   // number of the first such element; −1 for none
};

DEVICE i64 first_non_finite(const float* g, i64 count)
{
    i64 first = 0x7FFFFFFFFFFFFFFFll;
    for (i64 start = (i64)blockIdx.x * CHECK_CHUNK; start < count; start += (i64)gridDim.x * CHECK_CHUNK)
        for (int i = threadIdx.x; i < CHECK_CHUNK && start + i < count; i += CHECK_THREADS)
            if (!is_finite(g[start + i]) && start + i < first)
                first = start + i;
    return block_smallest(first);
}

DEVICE double sum_of_squares(const float* g, i64 count)
{
    double squares = 0;
    for (i64 start = (i64)blockIdx.x * CHECK_CHUNK; start < count; start += (i64)gridDim.x * CHECK_CHUNK) {
#pragma unroll
        for (int part = 0; part < CHECK_CHUNK; part += 4 * CHECK_THREADS) {
            i64 i = start + part + threadIdx.x * 4;
            if (i + 4 <= count) {
                float4 x = *(const float4*)(g + i);
                squares = fma((double)x.x, (double)x.x, squares);
                squares = fma((double)x.y, (double)x.y, squares);
                squares = fma((double)x.z, (double)x.z, squares);
                squares = fma((double)x.w, (double)x.w, squares);
            } else {
                for (; i < count; i++)
                    squares = fma((double)g[i], (double)g[i], squares);
            }
        }
    }
    return block_sum(squares);
}

// The block's share; the elements are read again only where there is something to find.
DEVICE void check_share(const float* g, i64 count, FinitePartial* partials)
{
    __shared__ int found;
    double squares = sum_of_squares(g, count);
    if (threadIdx.x == 0)
        found = !is_finite(squares);
    __syncthreads();
    i64 first = found ? first_non_finite(g, count) : -1;
    if (threadIdx.x == 0)
        partials[blockIdx.x] = FinitePartial{ squares, first };
}
