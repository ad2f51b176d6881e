// dtable[v] = (accumulate ? dtable[v] : 0) + Σ dy[i] over the positions i of id v, which are order[starts[v] … starts[v + 1]): dy
// (positions, D) T_Y, dtable (V, D) Float32. Sums of up to "chunk" gradients, and the sums of those, each one after another in Float32: the
// order of EmbeddingBackward.Cpu.cs, so its bits. Source: EmbeddingBackward.Cpu.cs.
// macros: T_Y
#include "common.cuh"

#define WARPS 8
#define TILE (32 * VECTOR)  // LongThreads of EmbeddingKernel.Cuda.cs: a thread of the block for each column

struct EmbeddingBackward {
    Matrix<T_Y> dy;
    Matrix<float> dtable;
    const int* order;
    const int* starts;
    int rows;
    int columns;
    int chunk;
    int accumulate;
};

// The sum over some positions of up to 8 columns.
DEVICE void sum_up(const EmbeddingBackward& a, int column, int count, i64 begin, i64 end, float (&sum)[VECTOR])
{
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        sum[j] = 0.0f;
#pragma unroll 4
    for (i64 i = begin; i < end; i++) {
        float x[VECTOR];
        load(a.dy, Place{ (size_t)a.order[i], column, count }, x);
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            sum[j] += x[j];
    }
}

// Ids of one chunk at most. A thread has 8 columns of a row of the table, then goes on by the size of the grid.
KERNEL void embedding_backward(EmbeddingBackward a)
{
    size_t work = vectors_of(a.rows, a.columns);
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        Place at = place_of(i, a.columns);
        int begin = a.starts[at.row], end = a.starts[at.row + 1];
        if (end - begin > a.chunk || (a.accumulate && begin == end))
            continue;
        float sum[VECTOR];
        sum_up(a, at.column, at.count, begin, end, sum);
        if (a.accumulate) {
            float old[VECTOR];
            load(a.dtable, at, old);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                sum[j] = old[j] + sum[j];
        }
        store(a.dtable, at, sum);
    }
}

// One id of more than one chunk, for a block: each of its warps has a chunk at a time.
DEVICE void add_long(const EmbeddingBackward& a, int row, float (&sums)[WARPS][TILE])
{
    int warp = threadIdx.x >> 5, in_tile = (threadIdx.x & 31) * VECTOR;
    int column = blockIdx.y * TILE + in_tile, own = blockIdx.y * TILE + threadIdx.x;
    int left = a.columns - column;
    i64 begin = a.starts[row], end = a.starts[row + 1];
    float total = 0.0f;
    for (i64 first = begin; first < end; first += WARPS * a.chunk) {
        i64 from = first + (i64)warp * a.chunk, to = from + a.chunk < end ? from + a.chunk : end;
        float sum[VECTOR];
        if (left > 0 && from < end) {
            sum_up(a, column, left < VECTOR ? left : VECTOR, from, to, sum);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                sums[warp][in_tile + j] = sum[j];
        }
        __syncthreads();
        for (int w = 0; own < a.columns && w < WARPS && first + (i64)w * a.chunk < end; w++)
            total += sums[w][threadIdx.x];
        __syncthreads();
    }
    if (own < a.columns) {
        float* to = a.dtable.at(row, own);
        *to = a.accumulate ? *to + total : total;
    }
}

// Ids of more than one chunk. A block has 256 columns of every gridDim.x-th id; each of its threads looks at one of them, as few are long.
KERNEL void embedding_backward_long(EmbeddingBackward a)
{
    __shared__ float sums[WARPS][TILE];
    __shared__ u32 are_long[WARPS];
    for (i64 first = blockIdx.x; first < a.rows; first += (i64)gridDim.x * TILE) {
        i64 row = first + (i64)gridDim.x * threadIdx.x;
        u32 mine = __ballot_sync(0xFFFFFFFFu, row < a.rows && a.starts[row + 1] - a.starts[row] > a.chunk);
        __syncthreads();
        if ((threadIdx.x & 31) == 0)
            are_long[threadIdx.x >> 5] = mine;
        __syncthreads();
        for (int thread = 0; thread < TILE && first + (i64)gridDim.x * thread < a.rows; thread++)
            if ((are_long[thread >> 5] >> (thread & 31)) & 1u)
                add_long(a, (int)(first + (i64)gridDim.x * thread), sums);
    }
}
