// y = x + α·(act(x) − x), -DACTIVATION says which act; x: (N, C) T_X; y: (N, C) T_Y; α: (1, C) Float32. Float32 arithmetic, one rounding.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: ParametricForward.Cpu.cs, bit for bit.
// macros: T_X T_Y ACTIVATION
#include "activation.cuh"

struct ParametricForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    Matrix<const float> shares;
    int rows;
    int columns;
};

KERNEL void parametric_forward(ParametricForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float x[VECTOR], shares[VECTOR];
        load(a.x, at, x);
        load(a.shares, Place{ 0, at.column, at.count }, shares);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            x[j] = fmaf(shares[j], activate(x[j]) - x[j], x[j]);
        store(a.y, at, x);
    }
}
