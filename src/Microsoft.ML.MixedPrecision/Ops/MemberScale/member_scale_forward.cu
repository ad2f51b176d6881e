// y = act(x ⊙ sᵢ + bᵢ) ⊙ rᵢ with i = row mod k, -DACTIVATION says which act; Float32 arithmetic, one rounding.
// x, y: (N·k, C), T_X → T_Y, y may be x; s, b, r: (k, C) Float32, b and r may be null.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: MemberScaleKernel.cs.
// macros: T_X T_Y ACTIVATION
#include "activation.cuh"

struct MemberScaleForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    Matrix<const float> scale;
    Matrix<const float> bias;
    Matrix<const float> next;
    int rows;
    int columns;
    int members;
};

KERNEL void member_scale_forward(MemberScaleForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        Place of = { at.row % (u32)a.members, at.column, at.count };
        float values[VECTOR], scale[VECTOR], other[VECTOR];
        load(a.x, at, values);
        load(a.scale, of, scale);
        if (a.bias.data != 0) {
            load(a.bias, of, other);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] = fmaf(scale[j], values[j], other[j]);
        } else {
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] = values[j] * scale[j];
        }
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] = activate(values[j]);
        if (a.next.data != 0) {
            load(a.next, of, other);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] *= other[j];
        }
        store(a.y, at, values);
    }
}
