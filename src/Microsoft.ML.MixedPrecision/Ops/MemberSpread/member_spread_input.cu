// dx[n] = Σᵢ dy[n·k + i] ⊙ rᵢ in Float32, members in order, rounded once. dy: (N·k, C) T_DY; r: (k, C) Float32, or null: 1;
// dx: (N, C) T_DX.
// One thread does 8 neighbouring elements of a row of dx, then goes on by the size of the grid. Source: MemberSpreadKernel.cs.
// macros: T_DY T_DX
#include "common.cuh"

struct MemberSpreadInput {
    Matrix<const T_DY> dy;
    Matrix<const float> scale;
    Matrix<T_DX> dx;
    int rows;               // N
    int columns;
    int members;            // k
};

KERNEL void member_spread_input(MemberSpreadInput a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float total[VECTOR] = {}, dy[VECTOR], scale[VECTOR];
#pragma unroll 4
        for (int member = 0; member < a.members; member++) {
            load(a.dy, Place{ at.row * a.members + member, at.column, at.count }, dy);
            if (a.scale.data != 0)
                load(a.scale, Place{ (size_t)member, at.column, at.count }, scale);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                total[j] = a.scale.data != 0 ? fmaf(dy[j], scale[j], total[j]) : total[j] + dy[j];
        }
        store(a.dx, at, total);
    }
}
