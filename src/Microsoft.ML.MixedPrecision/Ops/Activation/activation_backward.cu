// dx = dy ⊙ act′(saved), -DACTIVATION says which; saved: y for Relu, Tanh and Sigmoid, else the pre-activation; not read for None.
// dy, saved, dx: (N, C), T_DY and T_SAVED → T_DX; dx may be dy. Float32 arithmetic, one rounding.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: the formulas of ActivationKind.cs.
// macros: T_DY T_SAVED T_DX ACTIVATION
#include "activation.cuh"

struct ActivationBackward {
    Matrix<const T_DY> dy;
    Matrix<const T_SAVED> saved;
    Matrix<T_DX> dx;
    int rows;
    int columns;
};

KERNEL void activation_backward(ActivationBackward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR], saved[VECTOR] = {};
        load(a.dy, at, values);
#if ACTIVATION != ACTIVATION_NONE
        load(a.saved, at, saved);
#endif
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activation_gradient(values[j], saved[j]);
        store(a.dx, at, values);
    }
}
