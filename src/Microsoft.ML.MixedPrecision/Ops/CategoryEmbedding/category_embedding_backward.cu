// dtable[v] = (accumulate ? dtable[v] : 0) + Σ dy[n, numbers + j·D …] over the places n·m + j that stand for row v of the table, which are
// order[starts[v] … starts[v + 1]): dy (N, numbers + m·D) T_Y, dtable (V, D) Float32. Sums of up to "chunk" gradients, and the sums of
// those, each one after another in Float32: the order of CategoryBackward.Cpu.cs, so its bits. Source: CategoryBackward.Cpu.cs.
// macros: T_Y
#include "common.cuh"

#define THREADS 512     // LongThreads of CategoryEmbeddingKernel.Cuda.cs

struct CategoryBackward {
    Matrix<T_Y> dy;
    Matrix<float> dtable;
    const int* order;
    const int* starts;
    int rows;       // V
    int columns;    // D, at most THREADS
    int numbers;
    int categories; // m
    int chunk;
    int accumulate;
};

// The sum over some places of one column.
DEVICE float sum_up(const CategoryBackward& a, int column, i64 begin, i64 end)
{
    float sum = 0.0f;
#pragma unroll 4
    for (i64 i = begin; i < end; i++) {
        int place = a.order[i], row = place / a.categories, category = place - row * a.categories;
        sum += to_float(*a.dy.at((size_t)row, a.numbers + category * a.columns + column));
    }
    return sum;
}

// Rows of one chunk at most. A thread has an element of the table, then goes on by the size of the grid.
KERNEL void category_embedding_backward(CategoryBackward a)
{
    size_t work = (size_t)a.rows * a.columns;
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        size_t row = quotient(i, (u32)a.columns);
        int column = (int)(i - row * a.columns), begin = a.starts[row], end = a.starts[row + 1];
        if (end - begin > a.chunk || (a.accumulate && begin == end))
            continue;
        float sum = sum_up(a, column, begin, end);
        float* to = a.dtable.at(row, column);
        *to = a.accumulate ? *to + sum : sum;
    }
}

// Rows of more than one chunk. A block has such a row, its threads each a column of a chunk at a time; then it goes on to the next row.
KERNEL void category_embedding_backward_long(CategoryBackward a)
{
    __shared__ float sums[THREADS];
    int together = THREADS / a.columns, slot = (int)threadIdx.x / a.columns, column = (int)threadIdx.x - slot * a.columns;
    for (int row = blockIdx.x; row < a.rows; row += gridDim.x) {
        i64 begin = a.starts[row], end = a.starts[row + 1];
        if (end - begin <= a.chunk)
            continue;
        float total = 0.0f;
        for (i64 first = begin; first < end; first += (i64)together * a.chunk) {
            i64 from = first + (i64)slot * a.chunk, to = from + a.chunk < end ? from + a.chunk : end;
            if (slot < together && from < end)
                sums[threadIdx.x] = sum_up(a, column, from, to);
            __syncthreads();
            for (int s = 0; slot == 0 && s < together && first + (i64)s * a.chunk < end; s++)
                total += sums[s * a.columns + column];
            __syncthreads();
        }
        if (slot == 0) {
            float* to = a.dtable.at((size_t)row, column);
            *to = a.accumulate ? *to + total : total;
        }
    }
}
