// Σ gᵢ² in binary64, and with it whether all gᵢ are finite: a square of a finite Float32 is at most 1.2e77, so the sum is finite
// exactly if every element is. g: count Float32, aligned to 16 bytes; partials: one for each block, added in order later (commit_begin).
// A block does chunks of 4096 elements, a grid apart, in a fixed order; the size of the grid depends on the count alone.
// Source: FiniteCheckKernel.cs.
#include "finite_check.cuh"

#define CHUNK 4096
#define THREADS 256

struct FiniteCheck {
    const float* gradients;
    FinitePartial* partials;
    i64 count;
};

DEVICE i64 first_non_finite(const float* g, i64 count)
{
    i64 first = 0x7FFFFFFFFFFFFFFFll;
    for (i64 start = (i64)blockIdx.x * CHUNK; start < count; start += (i64)gridDim.x * CHUNK)
        for (int i = threadIdx.x; i < CHUNK && start + i < count; i += THREADS)
            if (!is_finite(g[start + i]) && start + i < first)
                first = start + i;
    return block_smallest(first);
}

KERNEL void finite_check(FiniteCheck a)
{
    const float* g = a.gradients;
    i64 count = a.count;
    __shared__ int found;
    double squares = 0;
    for (i64 start = (i64)blockIdx.x * CHUNK; start < count; start += (i64)gridDim.x * CHUNK) {
#pragma unroll
        for (int part = 0; part < CHUNK; part += 4 * THREADS) {
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
    squares = block_sum(squares);
    if (threadIdx.x == 0)
        found = !is_finite(squares);
    __syncthreads();
    // Read again only where there is something to find.
    i64 first = found ? first_non_finite(g, count) : -1;
    if (threadIdx.x == 0)
        a.partials[blockIdx.x] = FinitePartial{ squares, first };
}
