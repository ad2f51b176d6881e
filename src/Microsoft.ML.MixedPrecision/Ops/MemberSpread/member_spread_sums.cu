// For each block of B examples Σₙ dy[n·k + i] ⊙ x[n] over them, in order, in Float32. x: (N, C) T_X; dy: (N·k, C) T_DY; sums:
// (⌈N/B⌉, k, C) Float32. A thread does 8 neighbouring columns of a member in the examples of its block (blockIdx.y).
// Source: MemberSpreadKernel.cs.
// macros: T_X T_DY
#include "common.cuh"

struct MemberSpreadSums {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    float* sums;
    int examples;
    int columns;
    int members;
    int block_examples;
};

KERNEL void __launch_bounds__(128) member_spread_sums(MemberSpreadSums a)
{
    size_t i = thread_index();
    if (i >= vectors_of(a.members, a.columns))
        return;
    Place of = place_of(i, a.columns);
    size_t example = (size_t)blockIdx.y * a.block_examples, end = example + a.block_examples;
    end = end < (size_t)a.examples ? end : (size_t)a.examples;
    float total[VECTOR] = {}, x[VECTOR], dy[VECTOR];
#pragma unroll 4
    for (; example < end; example++) {
        load(a.x, Place{ example, of.column, of.count }, x);
        load(a.dy, Place{ example * a.members + of.row, of.column, of.count }, dy);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            total[j] = fmaf(dy[j], x[j], total[j]);
    }
    Matrix<float> to = { a.sums + (size_t)blockIdx.y * a.members * a.columns, (size_t)a.columns };
    store(to, of, total);
}
