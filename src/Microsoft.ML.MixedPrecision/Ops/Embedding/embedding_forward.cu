// y[i] = table[ids[i]]: ids (positions) Int32, table (V, D), y (positions, D), both T_Y; zeros for the padding id, NaN for an id that names
// no row, so that the loss is NaN and the step does not count. A thread copies 8 columns of a row, then goes on by the size of the grid.
// Source: EmbeddingForward.Cpu.cs.
// macros: T_Y
#include "common.cuh"

struct EmbeddingForward {
    const int* ids;
    Matrix<T_Y> table;
    Matrix<T_Y> y;
    int positions;
    int columns;
    int rows;       // V
    int padding;    // −1 for none
};

KERNEL void embedding_forward(EmbeddingForward a)
{
    size_t work = vectors_of(a.positions, a.columns);
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        Place at = place_of(i, a.columns);
        int id = a.ids[at.row];
        float x[VECTOR];
        if ((u32)id < (u32)a.rows && id != a.padding) {
            load(a.table, Place{ (size_t)id, at.column, at.count }, x);
        } else {
            float filler = (u32)id < (u32)a.rows ? 0.0f : of_bits(0x7FC00000u);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                x[j] = filler;
        }
        store(a.y, at, x);
    }
}
