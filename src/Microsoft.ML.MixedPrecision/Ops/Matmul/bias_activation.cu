// z = x + b, y = act(z): what a product's epilogue does, where the product library does not do it itself.
// x: (N, C) T_X, the product; b: (1, C) T_BIAS or null; z: (N, C) T_Y, rounded z for backward, or null; y: (N, C) T_Y, from the z
// that is not rounded; may be x. Float32 arithmetic, one rounding each.
// macros: T_X T_BIAS T_Y ACTIVATION
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: the epilogue of MatmulEpilogue.cs.
#include "activation.cuh"

KERNEL void bias_activation(
    const T_X* x, size_t x_pitch, const T_BIAS* bias, T_Y* z, size_t z_pitch, T_Y* y, size_t y_pitch, int rows, int columns)
{
    bool x_aligned = is_aligned(x, x_pitch * sizeof(T_X)), y_aligned = is_aligned(y, y_pitch * sizeof(T_Y));
    bool z_aligned = is_aligned(z, z_pitch * sizeof(T_Y)), bias_aligned = is_aligned(bias, 0);
    for (size_t i = thread_index(); i < vectors_of(rows, columns); i += thread_count()) {
        Place at = place_of(i, columns);
        float values[VECTOR];
        load(x + at.row * x_pitch + at.column, at.count, x_aligned, values);
        if (bias != 0) {
            float terms[VECTOR];
            load(bias + at.column, at.count, bias_aligned, terms);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] += terms[j];
        }
        if (z != 0)
            store(z + at.row * z_pitch + at.column, at.count, z_aligned, values);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activate(values[j]);
        store(y + at.row * y_pitch + at.column, at.count, y_aligned, values);
    }
}
