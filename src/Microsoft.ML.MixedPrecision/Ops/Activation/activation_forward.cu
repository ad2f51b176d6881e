// y = act(x), -DACTIVATION says which. x, y: (N, C), T_X → T_Y; y may be x. Float32 arithmetic, one rounding.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: the formulas of ActivationKind.cs.
// macros: T_X T_Y ACTIVATION
#include "activation.cuh"

struct ActivationForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    int rows;
    int columns;
};

KERNEL void activation_forward(ActivationForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR];
        load(a.x, at, values);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activate(values[j]);
        store(a.y, at, values);
    }
}
