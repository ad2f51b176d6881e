// Gradients of feature_tokens_forward.cu: dbₜ = Σ dyₜ, dwᵢ = Σ xᵢ·dy₁₊ᵢ over the rows, added to what is there if accumulate; dxᵢ = Σ dy₁₊ᵢ·wᵢ over
// the columns, and dy of what was copied. x (N, n + m·d) T_X, dy (N·T, d) T_DY, dx as x T_DX; w, dw (n, d), db (T, d) Float32.
// Sums: a block does 32 columns of a token, a thread every eighth row of one; then the eight are added in order. Slopes: a warp does a number of a
// row, a thread every 32nd column; then halves are added in turn. Source: FeatureTokensSums.Cpu.cs, FeatureTokensSlopes.Cpu.cs, bit for bit.
// macros: T_X T_DY T_DX
#include "common.cuh"

#define COLUMN_LANES 32
#define ROW_LANES 8

struct FeatureTokensBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    Matrix<const float> weight;
    Matrix<float> dweight;
    Matrix<float> dbias;
    int examples;   // N
    int columns;    // d
    int tokens;     // T
    int count;      // n
    int accumulate;
};

DEVICE void write(const FeatureTokensBackward& a, const float (&sums)[ROW_LANES][COLUMN_LANES], float* to)
{
    float total = sums[0][threadIdx.x % COLUMN_LANES];
#pragma unroll
    for (int lane = 1; lane < ROW_LANES; lane++)
        total += sums[lane][threadIdx.x % COLUMN_LANES];
    *to = a.accumulate ? *to + total : total;
}

KERNEL void __launch_bounds__(COLUMN_LANES * ROW_LANES) feature_tokens_sums(FeatureTokensBackward a)
{
    __shared__ float biases[ROW_LANES][COLUMN_LANES], weights[ROW_LANES][COLUMN_LANES];
    const int token = blockIdx.x, lane = threadIdx.x / COLUMN_LANES;
    const int column = (int)(blockIdx.y * COLUMN_LANES + threadIdx.x % COLUMN_LANES);
    const bool is_number = token > 0 && token <= a.count, is_inside = column < a.columns;
    float bias = 0.0f, weight = 0.0f;
#pragma unroll 4
    for (int row = lane; row < a.examples; row += ROW_LANES) {
        float dy = is_inside ? to_float(*a.dy.at((size_t)row * a.tokens + token, column)) : 0.0f;
        bias += dy;
        if (is_number)
            weight = fmaf(to_float(*a.x.at(row, token - 1)), dy, weight);
    }
    biases[lane][threadIdx.x % COLUMN_LANES] = bias;
    weights[lane][threadIdx.x % COLUMN_LANES] = weight;
    __syncthreads();
    if (!is_inside)
        return;
    if (lane == 0)
        write(a, biases, a.dbias.at(token, column));
    else if (lane == 1 && is_number)
        write(a, weights, a.dweight.at(token - 1, column));
}

KERNEL void feature_tokens_slopes(FeatureTokensBackward a)
{
    const int lane = threadIdx.x % COLUMN_LANES;
    for (size_t i = thread_index() / COLUMN_LANES; i < (size_t)a.examples * a.count; i += thread_count() / COLUMN_LANES) {
        size_t row = quotient(i, (u32)a.count);
        int number = (int)(i - row * a.count);
        const T_DY* dy = a.dy.at(row * a.tokens + 1 + number, 0);
        const float* weight = a.weight.at(number, 0);
        float sum = 0.0f;
        for (int column = lane; column < a.columns; column += COLUMN_LANES)
            sum = fmaf(to_float(dy[column]), weight[column], sum);
        sum = warp_sum(sum);
        if (lane == 0)
            round_to(sum, *a.dx.at(row, number));
    }
}

KERNEL void feature_tokens_cells(FeatureTokensBackward a)
{
    const int width = (a.tokens - 1 - a.count) * a.columns;
    for (size_t i = thread_index(); i < (size_t)a.examples * width; i += thread_count()) {
        size_t row = quotient(i, (u32)width);
        int at = (int)(i - row * width), cell = at / a.columns;
        round_to(
            to_float(*a.dy.at(row * a.tokens + 1 + a.count + cell, at - cell * a.columns)),
            *a.dx.at(row, a.count + at));
    }
}
