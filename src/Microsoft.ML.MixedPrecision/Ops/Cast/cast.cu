// y = x in another format: to nearest, ties to even; widening is exact; ±∞ stays, NaN stays NaN.
// x: (N, C) T_X; y: (N, C) T_Y. One thread does 8 neighbouring elements of a row, then goes on by the size of the grid.
// Source: IEEE 754-2019, section 4.3.1.
// macros: T_X T_Y
#include "common.cuh"

struct Cast {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    int rows;
    int columns;
};

KERNEL void cast(Cast a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float values[VECTOR];
        load(a.x, at, values);
        store(a.y, at, values);
    }
}
