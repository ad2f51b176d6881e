// y of row r: of each number i < n [x, Σⱼ V₀ⱼhⱼ + c₀, Σⱼ V₁ⱼhⱼ + c₁, Σⱼ V₂ⱼhⱼ + c₂] with hⱼ = cos(2πwⱼx + bⱼ), 16 j; then x's columns from n on.
// x: (N, C) T_X; y: (N, 4n + C − n) T_Y. Float32 arithmetic, one rounding. A thread does one number, or copies one, of a row, then goes on by the
// size of the grid. Source: PeriodicForward.Cpu.cs, bit for bit.
// macros: T_X T_Y
#include "periodic_embedding.cuh"

struct PeriodicForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    PeriodicParameters parameters;
    int rows;
    int columns;    // C
    int count;      // n
};

DEVICE void embed(const PeriodicForward& a, size_t row, int i)
{
    float x = to_float(*a.x.at(row, i));
    const float* frequencies = a.parameters.frequencies.at(i, 0);
    const float* phases = a.parameters.phases.at(i, 0);
    const float* weights = a.parameters.weights.at(i, 0);
    const float* biases = a.parameters.biases.at(i, 0);
    float sums[SUMS] = { biases[0], biases[1], biases[2] };
#pragma unroll
    for (int j = 0; j < WAVES; j++) {
        float wave = cosine_of(turn_of(x, frequencies[j], phases[j]));
#pragma unroll
        for (int k = 0; k < SUMS; k++)
            sums[k] = fmaf(weights[k * WAVES + j], wave, sums[k]);
    }
    T_Y* y = a.y.at(row, CELLS * i);
    round_to(x, y[0]);
#pragma unroll
    for (int k = 0; k < SUMS; k++)
        round_to(sums[k], y[k + 1]);
}

KERNEL void periodic_forward(PeriodicForward a)
{
    size_t work = (size_t)a.rows * a.columns;
    for (size_t index = thread_index(); index < work; index += thread_count()) {
        size_t row = quotient(index, (u32)a.columns);
        int column = (int)(index - row * a.columns);
        if (column < a.count)
            embed(a, row, column);
        else
            round_to(to_float(*a.x.at(row, column)), *a.y.at(row, (CELLS - 1) * a.count + column));
    }
}
