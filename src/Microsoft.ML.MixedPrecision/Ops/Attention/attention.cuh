// What all attention kernels share: the argument, the place of a block's head, which steps are seen, what is dropped.
// Formulas: AttentionKernel.cs; the random draws: AttentionDropout.cs.
#pragma once
#include "example_places.cuh"
#include "philox.cuh"
#include "step_position.cuh"
#include "regularization.cuh"

#define LOG2_E 1.4426950408889634f
#define LN_2 0.6931471805599453f

DEVICE int smaller(int x, int y) { return x < y ? x : y; }

// An operand's format and how results of it are stored: only TensorFloat32 differs.
template <class T> struct Stored { typedef T type; };
template <> struct Stored<tensorfloat32> { typedef float type; };

struct AttentionDropout {
    const StepPosition* position;
    RegularizationCourse course;    // the rate's share
    u32 seed;
    u32 purpose;
    u32 layer;
    float rate;
};

// AttentionKernel.Cuda.cs, field by field.
template <class T>
struct Attention {
    typedef typename Stored<T>::type Result;

    Matrix<const T> qkv;            // (R, 3·H·D)
    Matrix<Result> y;               // (R, H·D)
    Matrix<const T> dy;             // (R, H·D)
    Matrix<Result> dqkv;            // (R, 3·H·D)
    Matrix<float> statistics;       // (R, H); may be null in forward
    float* delta;                   // [N][H][steps of the example]: Σ dy·y of a row
    ExamplePlaces places;
    AttentionDropout dropout;
    int rows;                       // R
    int heads;                      // H
    int head_size;                  // D
    int causal;
    float scale;                    // 1/√D

    DEVICE int columns() const { return heads * head_size; }
};

// Where a block works: some rows, or a part of the columns, of one head of one example.
struct Head {
    int example;
    int number;         // of the head
    int part;           // of the head's parts, one a block
    int length;         // the example's steps
    size_t row;         // the example's first row
    int column;         // the head's first column in y
};

template <class T>
DEVICE Head head_of(const Attention<T>& a, int parts)
{
    u32 index = blockIdx.x / parts;
    Head head;
    head.part = (int)(blockIdx.x - index * parts);
    head.example = (int)(index / a.heads);
    head.number = (int)index - head.example * a.heads;
    head.row = (size_t)a.places.first_of(head.example);
    head.length = smaller(a.places.end_of(head.example) - (int)head.row, a.places.steps);
    head.column = head.number * a.head_size;
    return head;
}

DEVICE int parts_of(int rows, int part) { return (rows + part - 1) / part; }

// Row i sees the steps below this.
template <class T>
DEVICE int end_of(const Attention<T>& a, const Head& head, int i) { return a.causal ? smaller(head.length, i + 1) : head.length; }

// The first row of a head in [N][H][steps of the example].
template <class T>
DEVICE size_t first_of(const Attention<T>& a, const Head& head) { return (head.row * a.heads) + (size_t)head.number * head.length; }

// ---- a part of a matrix: what is outside of it counts as 0 and is not written ----

template <class T>
struct Window {
    T* data;
    size_t pitch;
    int rows;           // may be less than 0
    int columns;
    bool aligned;       // each eight columns from a multiple of 8 on lie at a multiple of 16 bytes and are whole

    DEVICE bool has(int row, int column) const { return row < rows && column < columns; }

    // The window without its first rows, or columns.
    DEVICE Window below(int row) const { return Window{ data + (i64)row * (i64)pitch, pitch, rows - row, columns, aligned }; }
    DEVICE Window behind(int column) const
    {
        return Window{ data + column, pitch, rows, columns - column, aligned && column % VECTOR == 0 };
    }
};

// So many columns and rows of an example.
template <class T>
DEVICE Window<T> window_of(const Matrix<T>& matrix, const Head& head, int column, int columns, int rows)
{
    Window<T> window = { matrix.at(head.row, column), matrix.pitch, rows, columns, false };
    window.aligned = (((size_t)window.data | window.pitch * sizeof(T) | columns * sizeof(T)) & 15) == 0 && columns % VECTOR == 0;
    return window;
}

// ---- dropout: eight draws of 16 bits for each thread's part of a 16 × 16 tile ----

struct Draws {
    u32 row;            // of the head's first row of tiles
    u32 step;
    u32 high;
    u32 seed;
    u32 purpose;
    u32 threshold;      // kept from here on
    float scale;

    // (i, j)'s draws have i/16 = row and group = j/16·32 + 4·(i mod 8) + (j mod 8)/2.
    DEVICE PhiloxWords words(int row_of_tiles, int group) const
    {
        PhiloxWords counter = { { (u32)group, row + (u32)row_of_tiles, step, high } };
        return philox(counter, seed, purpose);
    }

    DEVICE bool keeps(u32 bits) const { return (bits & 0xFFFFu) >= threshold; }
};

template <class T>
DEVICE Draws draws_of(const Attention<T>& a, const Head& head)
{
    const AttentionDropout& dropout = a.dropout;
    StepPosition position = *dropout.position;
    u32 rows = (u32)parts_of(a.places.steps, 16);
    double dropped = rint((double)(dropout.rate * share_of_regularization(dropout.course, position.step + 1)) * 65536.0);
    dropped = dropped < 65535.0 ? dropped : 65535.0;
    Draws draws;
    draws.row = ((u32)position.row * (u32)a.heads + (u32)(head.example * a.heads + head.number)) * rows;
    draws.step = (u32)position.step;
    draws.high = (dropout.layer << 16) | ((u32)(position.step >> 32) & 0xFFFFu);
    draws.seed = dropout.seed;
    draws.purpose = dropout.purpose;
    draws.threshold = (u32)dropped;
    draws.scale = (float)(65536.0 / (65536.0 - dropped));
    return draws;
}
