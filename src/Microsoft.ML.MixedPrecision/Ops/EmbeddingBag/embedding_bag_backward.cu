// dW[s] = (accumulate ? dW[s] : 0) + Σ v·dy[n] over the entries of slot s, whose positions n·most + j are order[starts[s] … starts[s + 1]):
// dy (N, D) T_Y, dW (V, D) Float32. Sums of up to "chunk" terms, and the sums of those, each one after another in Float32: the order of
// EmbeddingBagBackward.Cpu.cs, so its bits. Source: EmbeddingBagBackward.Cpu.cs.
// macros: T_Y
#include "embedding_bag.cuh"

struct EmbeddingBagBackward {
    const Entry* entries;
    Matrix<T_Y> dy;
    Matrix<float> dtable;
    const int* order;
    const int* starts;
    int rows;
    int columns;
    int most;           // entries of an example
    int chunk;
    int accumulate;
};

// Slots of one chunk at most. A thread has 8 columns of a row of the table, then goes on by the size of the grid.
KERNEL void embedding_bag_backward(EmbeddingBagBackward a)
{
    size_t work = vectors_of(a.rows, a.columns);
    for (size_t i = thread_index(); i < work; i += thread_count()) {
        Place at = place_of(i, a.columns);
        int begin = a.starts[at.row], end = a.starts[at.row + 1];
        if (end - begin > a.chunk || (a.accumulate && begin == end))
            continue;
        float sum[VECTOR];
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            sum[j] = 0.0f;
        for (int k = begin; k < end; k++) {
            int position = a.order[k];
            float value = a.entries[position].value, x[VECTOR];
            load(a.dy, Place{ (size_t)((u32)position / (u32)a.most), at.column, at.count }, x);
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                sum[j] = fmaf(x[j], value, sum[j]);
        }
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

// Slots of more than one chunk. A block has 32 columns of such a slot, each of its warps a chunk at a time; then it goes on to the next.
KERNEL void embedding_bag_backward_long(EmbeddingBagBackward a)
{
    __shared__ float sums[WARPS][TILE];
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
    int column = blockIdx.y * TILE + lane;
    for (int row = blockIdx.x; row < a.rows; row += gridDim.x) {
        i64 begin = a.starts[row], end = a.starts[row + 1];
        if (end - begin <= a.chunk)
            continue;
        float total = 0.0f;
        for (i64 first = begin; first < end; first += WARPS * a.chunk) {
            i64 from = first + (i64)warp * a.chunk, to = from + a.chunk < end ? from + a.chunk : end;
            float sum = 0.0f;
            for (i64 k = from; column < a.columns && k < to; k++) {
                int position = a.order[k];
                sum = fmaf(to_float(*a.dy.at((size_t)((u32)position / (u32)a.most), column)), a.entries[position].value, sum);
            }
            sums[warp][lane] = sum;
            __syncthreads();
            for (int w = 0; warp == 0 && w < WARPS && first + (i64)w * a.chunk < end; w++)
                total += sums[w][lane];
            __syncthreads();
        }
        if (warp == 0 && column < a.columns) {
            float* to = a.dtable.at((size_t)row, column);
            *to = a.accumulate ? *to + total : total;
        }
    }
}
