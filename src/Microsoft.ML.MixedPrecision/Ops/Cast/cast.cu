// y = x in another format: to nearest, ties to even; widening is exact; ±∞ stays, NaN stays NaN.
// x: (N, C) T_X; y: (N, C) T_Y. Where both are the same format, bits are copied by the memory engine, not by this kernel.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: IEEE 754, section 4.3.1.
// macros: T_X T_Y
#include "common.cuh"

KERNEL void cast(const T_X* x, size_t x_pitch, T_Y* y, size_t y_pitch, int rows, int columns)
{
    bool x_aligned = is_aligned(x, x_pitch * sizeof(T_X)), y_aligned = is_aligned(y, y_pitch * sizeof(T_Y));
    for (size_t i = thread_index(); i < vectors_of(rows, columns); i += thread_count()) {
        Place at = place_of(i, columns);
        float values[VECTOR];
        load(x + at.row * x_pitch + at.column, at.count, x_aligned, values);
        store(y + at.row * y_pitch + at.column, at.count, y_aligned, values);
    }
}
