// y = x·Wᵀ + b for few outputs, such as the logits of a handful of classes, for which Tensor Cores have no shape: sums in Float32, y rounded once.
// x: (N, K) T_X; W: (C, K) T_X, C ≤ 16; b: (1, C) T_BIAS or null; y: (N, C) T_Y. K ≤ 256·ITEMS.
// A warp does two rows, then goes on by the size of the grid. Each lane holds ITEMS vectors of 8 columns of all of W in registers; the lanes'
// sums are added in a fixed order, each lane ending up with one of the 2·16 results. Source: MatmulArguments.cs.
// macros: T_X T_BIAS T_Y ITEMS
#include "common.cuh"

#define OUTPUTS 16
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

// Eight elements as they are stored.
struct Packed {
    uint4 words[sizeof(T_X) / 2];
};

// What the matrix has of a vector; the rest, and rows that it has not, are 0.
DEVICE void load_packed(const Matrix<const T_X>& from, size_t row, bool exists, int column, int columns, Packed& to)
{
    int count = exists ? columns - column : 0;
    if (from.is_aligned() && count >= VECTOR) {
#pragma unroll
        for (int i = 0; i < (int)sizeof(T_X) / 2; i++)
            to.words[i] = ((const uint4*)from.at(row, column))[i];
        return;
    }
    float x[VECTOR] = {};
    if (count > 0)
        load(from.at(row, column), count, false, x);
    store_vector((T_X*)to.words, x);
}

// Adds 32 values a lane over the lanes of a warp; lane i ends up with the sum of value i.
DEVICE float scatter_sum(float (&x)[ROWS * OUTPUTS], int lane)
{
#pragma unroll
    for (int half = 16; half > 0; half >>= 1)
#pragma unroll
        for (int i = 0; i < half; i++) {
            bool is_upper = (lane & half) != 0;
            float sent = is_upper ? x[i] : x[i + half];
            x[i] = (is_upper ? x[i + half] : x[i]) + __shfl_xor_sync(0xFFFFFFFFu, sent, half);
        }
    return x[0];
}

KERNEL void __launch_bounds__(128) narrow_product(NarrowProduct a)
{
    int lane = threadIdx.x & 31;
    Packed weight[OUTPUTS][ITEMS];
#pragma unroll
    for (int output = 0; output < OUTPUTS; output++)
#pragma unroll
        for (int item = 0; item < ITEMS; item++)
            load_packed(a.weight, output, output < a.outputs, (item * 32 + lane) * VECTOR, a.inputs, weight[output][item]);
    float bias = a.bias.data != 0 && (lane & 15) < a.outputs ? to_float(*a.bias.at(0, lane & 15)) : 0.0f;

    for (size_t row = (thread_index() >> 5) * ROWS; row < (size_t)a.rows; row += (thread_count() >> 5) * ROWS) {
        Packed x[ROWS][ITEMS];
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int item = 0; item < ITEMS; item++)
                load_packed(a.x, row + r, row + r < (size_t)a.rows, (item * 32 + lane) * VECTOR, a.inputs, x[r][item]);
        float sums[ROWS * OUTPUTS] = {};
#pragma unroll
        for (int item = 0; item < ITEMS; item++) {
            float values[ROWS][VECTOR];
#pragma unroll
            for (int r = 0; r < ROWS; r++)
                load_vector((const T_X*)x[r][item].words, values[r]);
#pragma unroll
            for (int output = 0; output < OUTPUTS; output++)
                if (output < a.outputs) {
                    float w[VECTOR];
                    load_vector((const T_X*)weight[output][item].words, w);
#pragma unroll
                    for (int r = 0; r < ROWS; r++)
#pragma unroll
                        for (int j = 0; j < VECTOR; j++)
                            sums[r * OUTPUTS + output] = fmaf(values[r][j], w[j], sums[r * OUTPUTS + output]);
                }
        }
        float y = scatter_sum(sums, lane);
        int output = lane & 15, r = lane >> 4;
        if (output < a.outputs && row + r < (size_t)a.rows)
            round_to(a.bias.data == 0 ? y : y + bias, *a.y.at(row + r, output));
    }
}
