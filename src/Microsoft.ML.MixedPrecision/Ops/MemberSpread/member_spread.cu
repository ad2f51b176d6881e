// y[n·k + i] = x[n] ⊙ rᵢ in Float32, rounded once. x: (N, C) T_X; r: (k, C) Float32, or null: 1; y: (N·k, C) T_Y.
// One thread does 8 neighbouring elements of a row of y, then goes on by the size of the grid. Source: MemberSpreadKernel.cs.
// macros: T_X T_Y
#include "common.cuh"

struct MemberSpread {
    Matrix<const T_X> x;
    Matrix<const float> scale;
    Matrix<T_Y> y;
    int rows;               // N·k
    int columns;
    int members;            // k
};

KERNEL void member_spread(MemberSpread a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        size_t example = quotient(at.row, a.members);
        float values[VECTOR], scale[VECTOR];
        load(a.x, Place{ example, at.column, at.count }, values);
        if (a.scale.data != 0) {
            load(a.scale, Place{ at.row - example * a.members, at.column, at.count }, scale);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                values[j] *= scale[j];
        }
        store(a.y, at, values);
    }
}
