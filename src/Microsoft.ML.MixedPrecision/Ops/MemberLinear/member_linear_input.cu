// dx[n·k + i] = dy[n·k + i]·Wᵢ in Float32, outputs in order, rounded once. dy: (N·k, C) T_DY; W: (k·C, D) T_W; dx: (N·k, D) T_DX.
// A thread does 8 neighbouring columns of 4 examples of a member, then goes on by the size of the grid. Source: MemberLinearKernel.cs.
// macros: T_DY T_W T_DX
#include "common.cuh"

#define EXAMPLES 4

struct MemberLinearInput {
    Matrix<const T_DY> dy;
    Matrix<const T_W> weight;
    Matrix<T_DX> dx;
    int examples;
    int inputs;
    int outputs;
    int members;
};

KERNEL void member_linear_input(MemberLinearInput a)
{
    u32 groups = (a.examples + EXAMPLES - 1) / EXAMPLES, vectors = (a.inputs + VECTOR - 1) / VECTOR;
    for (size_t i = thread_index(); i < (size_t)a.members * groups * vectors; i += thread_count()) {
        size_t rest = quotient(i, vectors);
        int column = (int)(i - rest * vectors) * VECTOR, member = (int)quotient(rest, groups);
        int example = (int)(rest - (size_t)member * groups) * EXAMPLES;
        int left = a.inputs - column, count = left < VECTOR ? left : VECTOR;
        float totals[EXAMPLES][VECTOR] = {}, w[VECTOR];
        const T_DY* dy[EXAMPLES];
#pragma unroll
        for (int e = 0; e < EXAMPLES; e++)
            dy[e] = a.dy.at((size_t)(example + e < a.examples ? example + e : a.examples - 1) * a.members + member, 0);
#pragma unroll 2
        for (int output = 0; output < a.outputs; output++) {
            load(a.weight, Place{ (size_t)member * a.outputs + output, column, count }, w);
#pragma unroll
            for (int e = 0; e < EXAMPLES; e++) {
                float d = to_float(dy[e][output]);
#pragma unroll
                for (int j = 0; j < VECTOR; j++)
                    totals[e][j] = fmaf(d, w[j], totals[e][j]);
            }
        }
#pragma unroll
        for (int e = 0; e < EXAMPLES; e++)
            if (example + e < a.examples)
                store(a.dx, Place{ (size_t)(example + e) * a.members + member, column, count }, totals[e]);
    }
}
