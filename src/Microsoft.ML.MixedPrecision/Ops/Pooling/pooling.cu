// Forward: y_n = the mean (KIND 0), the first (1), of each column the largest (2), or the last (3) of the rows of example n; 0 without rows.
// x (R, C) T_X, y (N, C) T_Y; Float32 arithmetic, one rounding. A block does 256 columns of an example: 32 threads a vector of 8 columns each,
// 8 rows at a time; what these have is put together in a fixed order.
// Backward: dx, from dy (N, C) T_Y, of x's shape and format T_X; block N does the rows of no example, which get 0.
// Source: PoolingKernel.cs.
// macros: T_X T_Y KIND
#include "example_places.cuh"

#define MEAN 0
#define FIRST 1
#define LARGEST 2
#define LAST 3
#define VECTORS 32
#define LINES 8

struct PoolingForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    ExamplePlaces places;
    int rows;
    int columns;
};

DEVICE Place own_place(int columns)
{
    int column = ((int)blockIdx.y * VECTORS + (int)(threadIdx.x % VECTORS)) * VECTOR, left = columns - column;
    return Place{ 0, column, left < 0 ? 0 : left < VECTOR ? left : VECTOR };
}

KERNEL void pooling_forward(PoolingForward a)
{
    __shared__ float parts[LINES][VECTORS][VECTOR];
    int example = (int)blockIdx.x, line = (int)threadIdx.x / VECTORS, vector = (int)threadIdx.x % VECTORS;
    int first = a.places.first_of(example), end = a.places.end_of(example);
    Place at = own_place(a.columns);
    float own[VECTOR];
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        own[j] = KIND == LARGEST ? of_bits(0xFF800000u) : 0.0f;
    int from = KIND == LAST ? end - 1 : first, behind = KIND == FIRST ? first + 1 : end;
    for (int row = from + line; row < behind && at.count > 0 && first < end; row += LINES) {
        float x[VECTOR];
        at.row = (size_t)row;
        load(a.x, at, x);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            own[j] = KIND == LARGEST ? (x[j] > own[j] ? x[j] : own[j]) : own[j] + x[j];
    }
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        parts[line][vector][j] = own[j];
    __syncthreads();
    if (line > 0 || at.count == 0)
        return;
#pragma unroll
    for (int j = 0; j < VECTOR; j++) {
        for (int other = 1; other < LINES; other++) {
            float part = parts[other][vector][j];
            own[j] = KIND == LARGEST ? (part > own[j] ? part : own[j]) : own[j] + part;
        }
        if (KIND == MEAN)
            own[j] /= (float)(end - first);
        if (first == end)
            own[j] = 0.0f;
    }
    at.row = (size_t)example;
    store(a.y, at, own);
}

struct PoolingBackward {
    Matrix<const T_X> x;
    Matrix<const T_Y> dy;
    Matrix<T_X> dx;
    ExamplePlaces places;
    int rows;
    int columns;
};

KERNEL void pooling_backward(PoolingBackward a)
{
    int example = (int)blockIdx.x, line = (int)threadIdx.x / VECTORS;
    bool is_rest = example == a.places.examples;
    int first = is_rest ? (example == 0 ? 0 : a.places.end_of(example - 1)) : a.places.first_of(example);
    int end = is_rest ? a.rows : a.places.end_of(example);
    Place at = own_place(a.columns);
    if (at.count == 0)
        return;
    float dy[VECTOR] = {};
    if (!is_rest) {
        at.row = (size_t)example;
        load(a.dy, at, dy);
    }
    int where[VECTOR];
    if (KIND == LARGEST && !is_rest) {
        float most[VECTOR];
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            most[j] = of_bits(0xFF800000u);
            where[j] = first;
        }
        for (int row = first; row < end; row++) {
            float x[VECTOR];
            at.row = (size_t)row;
            load(a.x, at, x);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                if (x[j] > most[j]) {
                    most[j] = x[j];
                    where[j] = row;
                }
        }
    }
    for (int row = first + line; row < end; row += LINES) {
        float dx[VECTOR];
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            if (KIND == MEAN)
                dx[j] = dy[j] / (float)(end - first);
            else if (KIND == LARGEST)
                dx[j] = !is_rest && row == where[j] ? dy[j] : 0.0f;
            else
                dx[j] = row == (KIND == FIRST ? first : end - 1) ? dy[j] : 0.0f;
        }
        at.row = (size_t)row;
        store(a.dx, at, dx);
    }
}
