// Gradients of the weights of k members, in Float32. member_linear_weight: for each block of B examples the sums of dy[n·k + i, c]·x[n·k +
// i] over them, in order; a thread does 4 outputs and 8 neighbouring columns of a member in the examples of its block (blockIdx.y).
// member_linear_bias: db[i, c] = (accumulate ? db : 0) + Σₙ dy[n·k + i, c]; a warp does an output of a member, its lanes every 32nd example
// in order, then the lanes. dy: (N·k, C) T_DY; x: (N·k, D) T_X; sums: (⌈N/B⌉, k·C, D) Float32; db: (k, C) Float32.
// Source: MemberLinearKernel.cs.
// macros: T_DY T_X
#include "common.cuh"

#define OUTPUTS 4

struct MemberLinearWeight {
    Matrix<const T_DY> dy;
    Matrix<const T_X> x;
    float* sums;
    Matrix<float> dbias;
    int examples;
    int inputs;
    int outputs;
    int members;
    int block_examples;
    int accumulate;
};

KERNEL void __launch_bounds__(128) member_linear_weight(MemberLinearWeight a)
{
    u32 vectors = (a.inputs + VECTOR - 1) / VECTOR, parts = (a.outputs + OUTPUTS - 1) / OUTPUTS;
    size_t i = thread_index();
    if (i >= (size_t)a.members * parts * vectors)
        return;
    size_t rest = quotient(i, vectors);
    int column = (int)(i - rest * vectors) * VECTOR, member = (int)quotient(rest, parts);
    int output = (int)(rest - (size_t)member * parts) * OUTPUTS;
    int left = a.inputs - column, count = left < VECTOR ? left : VECTOR;
    size_t example = (size_t)blockIdx.y * a.block_examples, end = example + a.block_examples;
    end = end < (size_t)a.examples ? end : (size_t)a.examples;
    float totals[OUTPUTS][VECTOR] = {}, x[VECTOR];
#pragma unroll 4
    for (; example < end; example++) {
        size_t row = example * a.members + member;
        load(a.x, Place{ row, column, count }, x);
        const T_DY* dy = a.dy.at(row, output);
#pragma unroll
        for (int c = 0; c < OUTPUTS; c++) {
            float d = output + c < a.outputs ? to_float(dy[c]) : 0.0f;
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                totals[c][j] = fmaf(d, x[j], totals[c][j]);
        }
    }
    Matrix<float> to = { a.sums + (size_t)blockIdx.y * a.members * a.outputs * a.inputs, (size_t)a.inputs };
#pragma unroll
    for (int c = 0; c < OUTPUTS; c++)
        if (output + c < a.outputs)
            store(to, Place{ (size_t)member * a.outputs + output + c, column, count }, totals[c]);
}

KERNEL void member_linear_bias(MemberLinearWeight a)
{
    int lane = threadIdx.x & 31;
    for (size_t i = thread_index() >> 5; i < (size_t)a.members * a.outputs; i += thread_count() >> 5) {
        size_t member = quotient(i, a.outputs);
        int output = (int)(i - member * a.outputs);
        float total = 0;
        for (size_t example = lane; example < (size_t)a.examples; example += 32)
            total += to_float(*a.dy.at(example * a.members + member, output));
        total = warp_sum(total);
        float* to = a.dbias.at(member, output);
        if (lane == 0)
            *to = a.accumulate ? total + *to : total;
    }
}
