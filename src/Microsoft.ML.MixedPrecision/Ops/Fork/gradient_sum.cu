// y = x[0] + x[1] + … + x[count − 1], element by element, in Float32 and in this order, rounded once.
// x: (N, C), each in a format of its own (0: float, 1: float16, 2: bfloat16); y: (N, C) T_Y, may be one of x.
// One thread does 8 neighbouring elements of a row, then goes on by the size of the grid. Source: GradientSum.cs.
// macros: T_Y
#include "common.cuh"

#define MOST 16

struct Source {
    const void* data;
    size_t pitch;   // elements
    i64 format;
};

struct GradientSum {
    Source x[MOST];
    Matrix<T_Y> y;
    int count;
    int rows;
    int columns;
};

template <class T>
DEVICE void load_as(const Source& from, const Place& at, float (&x)[VECTOR])
{
    load(Matrix<const T>{ (const T*)from.data, from.pitch }, at, x);
}

DEVICE void load_any(const Source& from, const Place& at, float (&x)[VECTOR])
{
    if (from.format == 0)
        load_as<float>(from, at, x);
    else if (from.format == 1)
        load_as<float16>(from, at, x);
    else
        load_as<bfloat16>(from, at, x);
}

KERNEL void gradient_sum(GradientSum a)
{
    for (size_t i = thread_index(); i < vectors_of(a.rows, a.columns); i += thread_count()) {
        Place at = place_of(i, a.columns);
        float sum[VECTOR], values[VECTOR];
        load_any(a.x[0], at, sum);
        for (int source = 1; source < a.count; source++) {
            load_any(a.x[source], at, values);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                sum[j] += values[j];
        }
        store(a.y, at, sum);
    }
}
