// Row N·T of y: b₀; rows 1 + i: xᵢ·wᵢ + b₁₊ᵢ of the n numbers; rows 1 + n + j: cell j of x, d columns of it, + b₁₊ₙ₊ⱼ. x (N, n + m·d) T_X;
// w (n, d), b (T, d) Float32; y (N·T, d) T_Y. Float32 arithmetic, one rounding. A thread does 8 neighbouring elements, then goes on by the size of
// the grid. Source: FeatureTokensForward.Cpu.cs, bit for bit.
// macros: T_X T_Y
#include "common.cuh"

struct FeatureTokensForward {
    Matrix<const T_X> x;
    Matrix<const float> weight;
    Matrix<const float> bias;
    Matrix<T_Y> y;
    int rows;       // N·T
    int columns;    // d
    int tokens;     // T
    int count;      // n
};

KERNEL void feature_tokens_forward(FeatureTokensForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        size_t row = quotient(at.row, (u32)a.tokens);
        int token = (int)(at.row - row * a.tokens), number = token - 1;
        float y[VECTOR], terms[VECTOR];
        load(a.bias, Place{ (size_t)token, at.column, at.count }, y);
        if (number >= a.count) {
            load(a.x.at(row, a.count + (number - a.count) * a.columns + at.column), at.count, false, terms);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                y[j] += terms[j];
        } else if (number >= 0) {
            float x = to_float(*a.x.at(row, number));
            load(a.weight, Place{ (size_t)number, at.column, at.count }, terms);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                y[j] = fmaf(x, terms[j], y[j]);
        }
        store(a.y, at, y);
    }
}
