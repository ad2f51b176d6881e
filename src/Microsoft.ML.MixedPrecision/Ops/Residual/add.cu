// y = a + b, element by element, in Float32, rounded once. a: (N, C) T_A; b: (N, C) T_B; y: (N, C) T_Y, may be a or b.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: Addition.cs.
// macros: T_A T_B T_Y
#include "common.cuh"

struct Addition {
    Matrix<const T_A> a;
    Matrix<const T_B> b;
    Matrix<T_Y> y;
    int rows;
    int columns;
};

KERNEL void add(Addition a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR], others[VECTOR];
        load(a.a, at, values);
        load(a.b, at, others);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            values[j] += others[j];
        store(a.y, at, values);
    }
}
