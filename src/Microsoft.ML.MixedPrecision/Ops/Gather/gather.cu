// gather_rows: yᵢ = row index[i] of the source, bit for bit. gather_scalars: the same for elements of 4 bytes.
// source: (M, row bytes), y: (N, row bytes), rows a pitch of bytes apart; index: N row numbers.
// A number that is no row of the source leaves its row of y as it is; whoever makes the numbers checks them.
// One thread copies 16 bytes where both sides are aligned, else 2, then goes on by the size of the grid. Source: GatherRows.cs.
#include "common.cuh"

struct Gather {
    Matrix<const char> source;
    Matrix<char> y;
    const int* indices;
    int rows;
    int source_rows;
    int row_bytes;
};

// Copies units of a row; a row's bytes are whole elements of 2 or 4 bytes.
template <class T>
DEVICE void copy_units(const Gather& a, u32 units)
{
    for (size_t i = thread_index(); i < (size_t)a.rows * units; i += thread_count()) {
        size_t row = quotient(i, units);
        size_t unit = i - row * units;
        int index = a.indices[row];
        if ((u32)index < (u32)a.source_rows)
            ((T*)a.y.at(row, 0))[unit] = ((const T*)a.source.at(index, 0))[unit];
    }
}

KERNEL void gather_rows(Gather a)
{
    // Where rows are a multiple of 16 bytes apart, the last 16 bytes of a row reach into its padding, which nobody reads.
    if (a.source.is_aligned() && a.y.is_aligned())
        copy_units<uint4>(a, (u32)(((size_t)a.row_bytes + 15) / 16));
    else
        copy_units<u16>(a, (u32)(a.row_bytes / 2));
}

KERNEL void gather_scalars(Gather a) { copy_units<u32>(a, 1); }
