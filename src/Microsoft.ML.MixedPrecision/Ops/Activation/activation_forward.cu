// y = act(x), -DACTIVATION says which. x, y: (N, C), T_X → T_Y; y may be x. Float32 arithmetic, one rounding.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: the formulas of ActivationKind.cs.
// macros: T_X T_Y ACTIVATION
#include "activation.cuh"

KERNEL void activation_forward(const T_X* x, size_t x_pitch, T_Y* y, size_t y_pitch, int rows, int columns)
{
    bool x_aligned = is_aligned(x, x_pitch * sizeof(T_X)), y_aligned = is_aligned(y, y_pitch * sizeof(T_Y));
    for (size_t i = thread_index(); i < vectors_of(rows, columns); i += thread_count()) {
        Place at = place_of(i, columns);
        float values[VECTOR];
        load(x + at.row * x_pitch + at.column, at.count, x_aligned, values);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activate(values[j]);
        store(y + at.row * y_pitch + at.column, at.count, y_aligned, values);
    }
}
