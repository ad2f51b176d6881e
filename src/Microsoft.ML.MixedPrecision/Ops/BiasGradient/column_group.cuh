// COLUMNS neighbouring elements of a row as they are stored, so that many can be asked for before the first is needed: what turns a number
// into Float32 at once waits for it. Groups that a row holds whole and aligned are read and written in one access, others element by element.
#pragma once
#include "activation.cuh"

template <class T>
struct Group {
    u32 words[COLUMNS * sizeof(T) / sizeof(u32)];
};

// Whether all groups that begin at a multiple of COLUMNS lie aligned.
template <class T>
DEVICE bool has_aligned_groups(const Matrix<T>& of)
{
    const size_t bytes = COLUMNS * sizeof(T) < 16 ? COLUMNS * sizeof(T) : 16;
    return (((size_t)of.data | of.pitch * sizeof(T)) & (bytes - 1)) == 0;
}

template <class T>
DEVICE void load_group(const T* from, Group<T>& to)
{
    if constexpr (sizeof(Group<T>) >= sizeof(uint4)) {
#pragma unroll
        for (int i = 0; i < (int)(sizeof(Group<T>) / sizeof(uint4)); i++) {
            uint4 words = ((const uint4*)from)[i];
            to.words[4 * i] = words.x, to.words[4 * i + 1] = words.y, to.words[4 * i + 2] = words.z, to.words[4 * i + 3] = words.w;
        }
    } else if constexpr (sizeof(Group<T>) == sizeof(uint2)) {
        uint2 words = *(const uint2*)from;
        to.words[0] = words.x, to.words[1] = words.y;
    } else {
        to.words[0] = *(const u32*)from;
    }
}

template <class T>
DEVICE void store_group(const Group<T>& from, T* to)
{
    if constexpr (sizeof(Group<T>) >= sizeof(uint4)) {
#pragma unroll
        for (int i = 0; i < (int)(sizeof(Group<T>) / sizeof(uint4)); i++)
            ((uint4*)to)[i] = make_uint4(from.words[4 * i], from.words[4 * i + 1], from.words[4 * i + 2], from.words[4 * i + 3]);
    } else if constexpr (sizeof(Group<T>) == sizeof(uint2)) {
        *(uint2*)to = make_uint2(from.words[0], from.words[1]);
    } else {
        *(u32*)to = from.words[0];
    }
}

template <class T>
DEVICE void to_floats(const Group<T>& group, float (&x)[COLUMNS])
{
#pragma unroll
    for (int j = 0; j < COLUMNS; j += 2) {
        if constexpr (sizeof(T) == 2) {
            unpack(group.words[j / 2], x[j], x[j + 1], (const T*)0);
        } else {
            x[j] = of_bits(group.words[j]);
            x[j + 1] = of_bits(group.words[j + 1]);
        }
    }
}

// Rounds to T; x becomes what T holds.
template <class T>
DEVICE Group<T> round_group(float (&x)[COLUMNS])
{
    Group<T> group;
#pragma unroll
    for (int j = 0; j < COLUMNS; j += 2) {
        if constexpr (sizeof(T) == 2) {
            group.words[j / 2] = pack(x[j], x[j + 1], (const T*)0);
        } else {
            group.words[j] = bits_of(x[j]);
            group.words[j + 1] = bits_of(x[j + 1]);
        }
    }
    to_floats(group, x);
    return group;
}

// What a row has of a group, element by element; the rest is 0.
template <class T>
DEVICE void load_elements(const T* from, int count, float (&x)[COLUMNS])
{
#pragma unroll
    for (int j = 0; j < COLUMNS; j++)
        x[j] = j < count ? to_float(from[j]) : 0.0f;
}

template <class T>
DEVICE void store_elements(float (&x)[COLUMNS], int count, T* to)
{
#pragma unroll
    for (int j = 0; j < COLUMNS; j++) {
        T rounded;
        round_to(x[j], rounded);
        x[j] = to_float(rounded);
        if (j < count)
            to[j] = rounded;
    }
}

// The gradient's rows of one group of columns, from x and what was saved.
struct GradientColumns {
    Matrix<const T_X> x;
    Matrix<const T_SAVED> saved;
    Matrix<T_DZ> dz;
    int column;
    int columns;
    bool is_whole;          // whether the rows hold the group whole and aligned

    DEVICE GradientColumns(const Matrix<const T_X>& x, const Matrix<const T_SAVED>& saved, const Matrix<T_DZ>& dz, int column, int columns)
        : x(x), saved(saved), dz(dz), column(column), columns(columns)
    {
        is_whole = column + COLUMNS <= columns && has_aligned_groups(x);
#if ACTIVATION != ACTIVATION_NONE
        is_whole = is_whole && has_aligned_groups(saved) && has_aligned_groups(dz);
#endif
    }

    // COUNT rows: dz is stored, and added to the totals.
    template <int COUNT>
    DEVICE void add_whole(size_t row, float (&total)[COLUMNS]) const
    {
        Group<T_X> xs[COUNT];
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            load_group(x.at(row + i, column), xs[i]);
#if ACTIVATION != ACTIVATION_NONE
        Group<T_SAVED> saves[COUNT];
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            load_group(saved.at(row + i, column), saves[i]);
#endif
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            float values[COLUMNS];
            to_floats(xs[i], values);
#if ACTIVATION != ACTIVATION_NONE
            float of[COLUMNS];
            to_floats(saves[i], of);
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                values[j] = activation_gradient(values[j], of[j]);
            store_group(round_group<T_DZ>(values), dz.at(row + i, column));
#endif
#pragma unroll
            for (int j = 0; j < COLUMNS; j++)
                total[j] += values[j];
        }
    }

    // The same for one row of any shape.
    DEVICE void add_row(size_t row, float (&total)[COLUMNS]) const
    {
        float values[COLUMNS];
        load_elements(x.at(row, column), columns - column, values);
#if ACTIVATION != ACTIVATION_NONE
        float of[COLUMNS];
        load_elements(saved.at(row, column), columns - column, of);
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            values[j] = activation_gradient(values[j], of[j]);
        store_elements(values, columns - column, dz.at(row, column));
#endif
#pragma unroll
        for (int j = 0; j < COLUMNS; j++)
            total[j] += values[j];
    }

    // Rows from start to end, in order.
    template <int COUNT>
    DEVICE void add(size_t start, size_t end, float (&total)[COLUMNS]) const
    {
        size_t row = start;
        if (is_whole)
            for (; row + COUNT <= end; row += COUNT)
                add_whole<COUNT>(row, total);
        for (; row < end; row++)
            add_row(row, total);
    }
};
