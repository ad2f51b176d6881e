// dx = dy ⊙ act′(saved), -DACTIVATION says which; saved: y for Relu, Tanh and Sigmoid, else the pre-activation.
// dy, saved, dx: (N, C), T_DY and T_SAVED → T_DX; dx may be dy. Float32 arithmetic, one rounding.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: the formulas of ActivationKind.cs.
// macros: T_DY T_SAVED T_DX ACTIVATION
#include "activation.cuh"

KERNEL void activation_backward(
    const T_DY* dy, size_t dy_pitch, const T_SAVED* saved, size_t saved_pitch, T_DX* dx, size_t dx_pitch, int rows, int columns)
{
    bool dy_aligned = is_aligned(dy, dy_pitch * sizeof(T_DY)), dx_aligned = is_aligned(dx, dx_pitch * sizeof(T_DX));
    bool saved_aligned = is_aligned(saved, saved_pitch * sizeof(T_SAVED));
    for (size_t i = thread_index(); i < vectors_of(rows, columns); i += thread_count()) {
        Place at = place_of(i, columns);
        float values[VECTOR], before[VECTOR];
        load(dy + at.row * dy_pitch + at.column, at.count, dy_aligned, values);
        load(saved + at.row * saved_pitch + at.column, at.count, saved_aligned, before);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activation_gradient(values[j], before[j]);
        store(dx + at.row * dx_pitch + at.column, at.count, dx_aligned, values);
    }
}
