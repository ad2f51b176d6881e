// y = x·Wᵀ + b for few outputs, such as the logits of a handful of classes, for which Tensor Cores have no shape: sums in Float32, y rounded once.
// x: (N, K) T_X; W: (C, K) T_X, C ≤ 16; b: (1, C) T_BIAS or null; y: (N, C) T_Y. K ≤ 256·ITEMS, a multiple
// of 8; rows of x and W are aligned to 16 bytes.
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

// A lane's vectors of a row, all asked for before the first is needed; 0 behind the row's end.
DEVICE void load_row(const T_X* row, int lane, int columns, Packed (&to)[ITEMS])
{
#pragma unroll
    for (int item = 0; item < ITEMS; item++) {
        int column = (item * 32 + lane) * VECTOR;
#pragma unroll
        for (int i = 0; i < (int)sizeof(T_X) / 2; i++)
            to[item].words[i] = column < columns ? ((const uint4*)(row + column))[i] : make_uint4(0, 0, 0, 0);
    }
}

DEVICE void multiply_add(const Packed (&x)[ITEMS], const Packed (&weight)[ITEMS], float& sum)
{
#pragma unroll
    for (int item = 0; item < ITEMS; item++) {
        float values[VECTOR], w[VECTOR];
        load_vector((const T_X*)x[item].words, values);
        load_vector((const T_X*)weight[item].words, w);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            sum = fmaf(values[j], w[j], sum);
    }
}

// Adds 2·HALF values a lane over lanes that differ in the bits below 2·HALF; each lane ends up with the sum of one value.
template <int HALF>
DEVICE float scatter_sum(const float (&x)[2 * HALF], int lane)
{
    float half[HALF];
#pragma unroll
    for (int i = 0; i < HALF; i++) {
        float lower = x[i], upper = x[i + HALF];
        float kept = (lane & HALF) != 0 ? upper : lower, sent = (lane & HALF) != 0 ? lower : upper;
        half[i] = kept + __shfl_xor_sync(0xFFFFFFFFu, sent, HALF);
    }
    if constexpr (HALF == 1)
        return half[0];
    else
        return scatter_sum<HALF / 2>(half, lane);
}

KERNEL void __launch_bounds__(128) narrow_product(NarrowProduct a)
{
    int lane = threadIdx.x & 31;
    // Rows that are not there are read as others: a branch between two reads would make them wait for each other.
    Packed weight[OUTPUTS][ITEMS];
#pragma unroll
    for (int output = 0; output < OUTPUTS; output++)
        load_row(a.weight.at(output < a.outputs ? output : 0, 0), lane, a.inputs, weight[output]);
    float bias = a.bias.data != 0 && (lane & 15) < a.outputs ? to_float(*a.bias.at(0, lane & 15)) : 0.0f;

    for (size_t row = (thread_index() >> 5) * ROWS; row < (size_t)a.rows; row += (thread_count() >> 5) * ROWS) {
        Packed x[ROWS][ITEMS];
#pragma unroll
        for (int r = 0; r < ROWS; r++)
            load_row(a.x.at(row + r < (size_t)a.rows ? row + r : row, 0), lane, a.inputs, x[r]);
        float sums[ROWS * OUTPUTS] = {};
#pragma unroll
        for (int output = 0; output < OUTPUTS; output++)
            if (output < a.outputs)
#pragma unroll
                for (int r = 0; r < ROWS; r++)
                    multiply_add(x[r], weight[output], sums[r * OUTPUTS + output]);
        float y = scatter_sum<16>(sums, lane);
        int output = lane & 15, r = lane >> 4;
        if (output < a.outputs && row + r < (size_t)a.rows)
            round_to(a.bias.data == 0 ? y : y + bias, *a.y.at(row + r, output));
    }
}
