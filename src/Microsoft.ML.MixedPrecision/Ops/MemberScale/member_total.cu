// to[t] = (accumulate ? to[t] : 0) + Σ over blocks of sums[·, t], the blocks in order, in Float32. sums: (blocks, targets, R, C), dense;
// to[t]: (R, C) or null. A thread does an element, then goes on by the size of the grid. Source: MemberSums.cs.
#include "common.cuh"

#define MOST 3

struct MemberTotal {
    const float* sums;
    Matrix<float> to[MOST];
    int targets;
    int blocks;
    int rows;
    int columns;
    int accumulate;
};

KERNEL void member_total(MemberTotal a)
{
    size_t elements = (size_t)a.rows * a.columns;
    for (size_t i = thread_index(); i < a.targets * elements; i += thread_count()) {
        int target = (int)(i / elements);
        size_t element = i - target * elements, row = quotient(element, a.columns);
        if (a.to[target].data == 0)
            continue;
        float total = 0;
#pragma unroll 8
        for (int block = 0; block < a.blocks; block++)
            total += a.sums[((size_t)block * a.targets + target) * elements + element];
        float* to = a.to[target].at(row, (int)(element - row * a.columns));
        *to = a.accumulate ? total + *to : total;
    }
}
