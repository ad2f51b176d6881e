// y[n·k + i] = x[n·k + i]·Wᵢᵀ + bᵢ in Float32, rounded once. x: (N·k, D), W: (k·C, D), b: (k, C), all T_X; y: (N·k, C) T_Y.
// A warp does 4 examples of a member and 16 outputs, so that a row of W is read once for 4 of x: each lane adds 8 columns of every 256 in
// order, then the lanes. Then it goes on by the size of the grid. Source: MemberLinearKernel.cs.
// macros: T_X T_Y
#include "common.cuh"

#define EXAMPLES 4
#define OUTPUTS 16

struct MemberLinearForward {
    Matrix<const T_X> x;
    Matrix<const T_X> weight;
    Matrix<const T_X> bias;
    Matrix<T_Y> y;
    int examples;
    int inputs;
    int outputs;
    int members;
};

// Lane j < EXAMPLES ends with the sum of example j.
DEVICE float products(const MemberLinearForward& a, size_t first_row, const size_t (&rows)[EXAMPLES], int lane)
{
    float totals[EXAMPLES] = {};
    for (int column = lane * VECTOR; column < a.inputs; column += 32 * VECTOR) {
        int left = a.inputs - column, count = left < VECTOR ? left : VECTOR;
        float w[VECTOR], x[VECTOR];
        load(a.weight, Place{ first_row, column, count }, w);
#pragma unroll
        for (int e = 0; e < EXAMPLES; e++) {
            load(a.x, Place{ rows[e], column, count }, x);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                totals[e] = fmaf(x[j], w[j], totals[e]);
        }
    }
    float own = 0;
#pragma unroll
    for (int e = 0; e < EXAMPLES; e++) {
        float total = warp_sum(totals[e]);
        own = lane == e ? total : own;
    }
    return own;
}

KERNEL void member_linear_forward(MemberLinearForward a)
{
    int lane = threadIdx.x & 31;
    u32 groups = (a.examples + EXAMPLES - 1) / EXAMPLES, parts = (a.outputs + OUTPUTS - 1) / OUTPUTS;
    for (size_t i = thread_index() >> 5; i < (size_t)a.members * groups * parts; i += thread_count() >> 5) {
        size_t rest = quotient(i, parts);
        int part = (int)(i - rest * parts), member = (int)quotient(rest, groups);
        int example = (int)(rest - (size_t)member * groups) * EXAMPLES;
        // Behind the last example the last one is computed again and not stored.
        size_t rows[EXAMPLES];
#pragma unroll
        for (int e = 0; e < EXAMPLES; e++)
            rows[e] = (size_t)(example + e < a.examples ? example + e : a.examples - 1) * a.members + member;
        int end = (part + 1) * OUTPUTS < a.outputs ? (part + 1) * OUTPUTS : a.outputs;
        for (int output = part * OUTPUTS; output < end; output++) {
            float total = products(a, (size_t)member * a.outputs + output, rows, lane);
            if (lane < EXAMPLES && example + lane < a.examples)
                round_to(total + to_float(*a.bias.at(member, output)), *a.y.at((size_t)(example + lane) * a.members + member, output));
        }
    }
}
