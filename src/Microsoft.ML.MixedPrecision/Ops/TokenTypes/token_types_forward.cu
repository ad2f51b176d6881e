// y = x + table[types], rows of type −1 as they are: x (R, C) T_X, types (R) Int32, table (2, C) Float32, y (R, C) T_Y; Float32 arithmetic,
// one rounding. One thread does 8 neighbouring elements, then goes on by the size of the grid. Source: TokenTypesKernel.cs.
// macros: T_X T_Y
#include "common.cuh"

struct TokenTypesForward {
    Matrix<const T_X> x;
    Matrix<const float> table;
    Matrix<T_Y> y;
    const int* types;
    int rows;
    int columns;
};

KERNEL void token_types_forward(TokenTypesForward a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        int type = a.types[at.row];
        float x[VECTOR];
        load(a.x, at, x);
        if (type >= 0) {
            float of_type[VECTOR];
            load(a.table, Place{ (size_t)type, at.column, at.count }, of_type);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                x[j] += of_type[j];
        }
        store(a.y, at, x);
    }
}
