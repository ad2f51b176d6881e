// z = x + b, y = act(z): what a product's epilogue does, where the product library does not do it itself. -DACTIVATION says which.
// x: (N, C) Float32, the product; b: (k, C) T_BIAS, of which row n reads n mod k, or null; z: (N, C) T_Z, rounded z for backward, or null;
// y: (N, C) T_Y, from the z that is not rounded; may be x. Float32 arithmetic, one rounding each.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: MatmulEpilogue.cs.
// macros: T_BIAS T_Z T_Y ACTIVATION
#include "activation.cuh"

struct BiasActivation {
    Matrix<const float> x;
    Matrix<const T_BIAS> bias;
    Matrix<T_Z> z;
    Matrix<T_Y> y;
    int rows;
    int columns;
    int members;            // k
};

KERNEL void bias_activation(BiasActivation a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR];
        load(a.x, at, values);
        if (a.bias.data != 0) {
            float terms[VECTOR];
            size_t member = a.members == 1 ? 0 : at.row - quotient(at.row, a.members) * a.members;
            load(a.bias, Place{ member, at.column, at.count }, terms);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] += terms[j];
        }
        if (a.z.data != 0)
            store(a.z, at, values);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activate(values[j]);
        store(a.y, at, values);
    }
}
