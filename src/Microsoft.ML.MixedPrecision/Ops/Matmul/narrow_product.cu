// y = x·Wᵀ + b for few outputs, such as the logits of a handful of classes, for which Tensor Cores have no shape: sums in Float32, y rounded once.
// x: (N, K) T_X; W: (C, K) T_X, C ≤ 16; b: (1, C) T_BIAS or null; y: (N, C) T_Y. K · bytes of T_X ≤ 2048.
// A block keeps W in shared memory; a warp does two rows at a time, each lane every 32nd vector of 8 columns, then goes on by the size of the
// grid. Lanes are added in a fixed order. Source: MatmulArguments.cs.
// macros: T_X T_BIAS T_Y
#include "common.cuh"

#define MOST_OUTPUTS 16
#define MOST_INPUTS (2048 / (int)sizeof(T_X))
#define ROWS 2

struct NarrowProduct {
    Matrix<const T_X> x;
    Matrix<const T_X> weight;
    Matrix<const T_BIAS> bias;
    Matrix<T_Y> y;
    int rows;
    int inputs;
    int outputs;
};

// W row by row, K rounded up to whole vectors of zeros.
DEVICE void load_weight(const NarrowProduct& a, T_X* to, int vectors)
{
    for (int i = threadIdx.x; i < a.outputs * vectors; i += blockDim.x) {
        int output = i / vectors, column = (i - output * vectors) * VECTOR;
        float w[VECTOR];
        load(a.weight, Place{ (size_t)output, column, a.inputs - column < VECTOR ? a.inputs - column : VECTOR }, w);
        store_vector(to + (size_t)i * VECTOR, w);
    }
}

DEVICE void multiply(const NarrowProduct& a, const T_X* weight, int vectors, size_t row, int lane, float (&sums)[ROWS][MOST_OUTPUTS])
{
    for (int vector = lane; vector < vectors; vector += 32) {
        int column = vector * VECTOR, left = a.inputs - column;
        float x[ROWS][VECTOR] = {};
#pragma unroll
        for (int r = 0; r < ROWS; r++)
            if (row + r < (size_t)a.rows)
                load(a.x, Place{ row + r, column, left < VECTOR ? left : VECTOR }, x[r]);
#pragma unroll
        for (int output = 0; output < MOST_OUTPUTS; output++)
            if (output < a.outputs) {
                float w[VECTOR];
                load_vector(weight + ((size_t)output * vectors + vector) * VECTOR, w);
#pragma unroll
                for (int r = 0; r < ROWS; r++)
#pragma unroll
                    for (int j = 0; j < VECTOR; j++)
                        sums[r][output] = fmaf(x[r][j], w[j], sums[r][output]);
            }
    }
}

KERNEL void __launch_bounds__(128) narrow_product(NarrowProduct a)
{
    __shared__ uint4 room[MOST_OUTPUTS * MOST_INPUTS * sizeof(T_X) / sizeof(uint4)];
    T_X* weight = (T_X*)room;
    int vectors = (a.inputs + VECTOR - 1) / VECTOR, lane = threadIdx.x & 31;
    load_weight(a, weight, vectors);
    __syncthreads();
    for (size_t row = (thread_index() >> 5) * ROWS; row < (size_t)a.rows; row += (thread_count() >> 5) * ROWS) {
        float sums[ROWS][MOST_OUTPUTS] = {};
        multiply(a, weight, vectors, row, lane, sums);
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int output = 0; output < MOST_OUTPUTS; output++) {
                float y = output < a.outputs ? warp_sum(sums[r][output]) : 0.0f;
                if (lane == output && output < a.outputs && row + r < (size_t)a.rows)
                    round_to(a.bias.data == 0 ? y : y + to_float(*a.bias.at(0, output)), *a.y.at(row + r, output));
            }
    }
}
