// gather_rows: yᵢ = source[index of i], rows bit for bit. gather_scalars: the same for elements of 4 bytes.
// source: (M, row bytes), y: (N, row bytes), rows a pitch of bytes apart; index: N row numbers, from *cursor on where there is a cursor.
// A number that is no row of the source leaves its row of y as it is; whoever makes the numbers checks them.
// A thread copies 16 bytes where both sides are aligned, else 2, then goes on by the size of the grid.
#include "common.cuh"

struct GatherRange {
    const int* indices;
    const i64* cursor;
    int rows;
    int source_rows;
};

// The bytes of a row are whole elements of 2 or 4 bytes.
template <class T>
DEVICE void copy_units(const char* source, size_t source_pitch, char* y, size_t y_pitch, u32 units, const GatherRange& range)
{
    const int* indices = range.indices + (range.cursor == 0 ? 0 : *range.cursor);
    for (size_t i = thread_index(); i < (size_t)range.rows * units; i += thread_count()) {
        size_t row = i <= 0xFFFFFFFFu ? (u32)i / units : i / units;
        size_t unit = i - row * units;
        int index = indices[row];
        if ((u32)index < (u32)range.source_rows)
            ((T*)(y + row * y_pitch))[unit] = ((const T*)(source + (size_t)index * source_pitch))[unit];
    }
}

KERNEL void gather_rows(const char* source, size_t source_pitch, char* y, size_t y_pitch, int row_bytes, GatherRange range)
{
    // Where rows are a multiple of 16 bytes apart, the last 16 bytes of a row reach into its padding, which is zero on both sides.
    if (is_aligned(source, source_pitch) && is_aligned(y, y_pitch))
        copy_units<uint4>(source, source_pitch, y, y_pitch, (u32)(((size_t)row_bytes + 15) / 16), range);
    else
        copy_units<u16>(source, source_pitch, y, y_pitch, (u32)(row_bytes / 2), range);
}

KERNEL void gather_scalars(const u32* source, u32* y, GatherRange range)
{
    copy_units<u32>((const char*)source, sizeof(u32), (char*)y, sizeof(u32), 1, range);
}
