// y[n] = Σⱼ v·W[s] over the entries (s, v) of example n, which end at "most" or before a slot of −1: entries (N, most), W (V, D), y (N, D),
// both T_Y. Sums of "chunk" terms in the order of the entries, and the sums of those, each one after another in Float32: the order of
// BagSum.cs, so its bits. A slot that is no row of W gives NaN, so that the loss is NaN and the step does not count. A block has 32 columns
// of an example, each of its warps a chunk at a time; then it goes on to the next example. Source: BagSum.cs.
// macros: T_Y
#include "embedding_bag.cuh"

struct EmbeddingBagForward {
    const Entry* entries;
    Matrix<T_Y> table;
    Matrix<T_Y> y;
    int examples;
    int most;
    int columns;
    int rows;           // V
    int chunk;
};

DEVICE float sum_up(const EmbeddingBagForward& a, const Entry* entries, i64 from, i64 to, int column)
{
    float sum = 0.0f;
#pragma unroll 4
    for (i64 i = from; i < to; i++) {
        Entry entry = entries[i];
        if (entry.slot == -1)
            break;
        float weight = (u32)entry.slot < (u32)a.rows ? to_float(*a.table.at((size_t)entry.slot, column)) : of_bits(0x7FC00000u);
        sum = fmaf(weight, entry.value, sum);
    }
    return sum;
}

KERNEL void embedding_bag_forward(EmbeddingBagForward a)
{
    __shared__ float sums[WARPS][TILE];
    int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
    int column = blockIdx.y * TILE + lane;
    for (int example = blockIdx.x; example < a.examples; example += gridDim.x) {
        const Entry* entries = a.entries + (size_t)example * a.most;
        float total = 0.0f;
        for (i64 first = 0; first < a.most && entries[first].slot != -1; first += WARPS * a.chunk) {
            i64 from = first + (i64)warp * a.chunk, to = from + a.chunk < a.most ? from + a.chunk : a.most;
            sums[warp][lane] = column < a.columns ? sum_up(a, entries, from, to, column) : 0.0f;
            __syncthreads();
            for (int w = 0; warp == 0 && w < WARPS; w++) {
                i64 begin = first + (i64)w * a.chunk;
                if (begin >= a.most || entries[begin].slot == -1)
                    break;
                total += sums[w][lane];
            }
            __syncthreads();
        }
        if (warp == 0 && column < a.columns)
            round_to(total, *a.y.at((size_t)example, column));
    }
}
