// y = softmax(Q·Kᵀ/√D)·V, heads of at most HEAD columns, operands of 16 bits or TensorFloat32 on Tensor Cores of compute capability 8.0 and
// later; sums and the softmax in Float32. A block does ROWS rows of a head, each of its 4 warps ROWS/4, and goes through the keys: maximum
// and sum so far are kept beside the row's sums, which shrink when the maximum grows. p = exp(s − m) is rounded once as the product's
// operand; the sum is of the unrounded ones. Rows behind the length become 0. Source: T. Dao, "FlashAttention-2", 2023.
// macros: T_X HEAD ROWS DROPOUT
#include "attention_tiles.cuh"

constexpr int Threads = 128, Tiles = ROWS / 64, Keys = StageRows, TileBytes = Keys * HEAD * ElementBytes;

// What a lane keeps of two rows, lane/4 and lane/4 + 8 of its warp's 16: the total is of its own columns.
struct Rows {
    float largest[2];
    float total[2];
};

// Leaves exp(s − m) in the scores and shrinks what came before.
DEVICE void soften(float (&scores)[Keys / 8][4], float (&sums)[HEAD / 8][4], Rows& rows, float factor)
{
#pragma unroll
    for (int half = 0; half < 2; half++) {
        float largest = rows.largest[half];
#pragma unroll
        for (int n = 0; n < Keys / 8; n++)
            largest = fmaxf(largest, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
        largest = fmaxf(largest, __shfl_xor_sync(0xFFFFFFFFu, largest, 1));
        largest = fmaxf(largest, __shfl_xor_sync(0xFFFFFFFFu, largest, 2));
        float shift = largest * factor, shrink = power2(fmaf(rows.largest[half], factor, -shift)), total = 0.0f;
        rows.largest[half] = largest;
#pragma unroll
        for (int n = 0; n < Keys / 8; n++) {
#pragma unroll
            for (int e = 2 * half; e < 2 * half + 2; e++) {
                scores[n][e] = power2(fmaf(scores[n][e], factor, -shift));
                total += scores[n][e];
            }
        }
#pragma unroll
        for (int n = 0; n < HEAD / 8; n++) {
            sums[n][2 * half] *= shrink;
            sums[n][2 * half + 1] *= shrink;
        }
        rows.total[half] = fmaf(rows.total[half], shrink, total);
    }
}

// What a row does not see becomes −∞, whose exponential is 0.
DEVICE void hide(float (&scores)[Keys / 8][4], int first_key, const int (&ends)[2], int lane)
{
#pragma unroll
    for (int n = 0; n < Keys / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
            int key = first_key + n * 8 + (lane & 3) * 2 + (e & 1);
            scores[n][e] = key < ends[e >> 1] ? scores[n][e] : of_bits(0xFF800000u);
        }
}

#if DROPOUT
DEVICE void drop(float (&p)[Keys / 8][4], const Draws& draws, int row_of_tiles, int first_key, int lane)
{
#pragma unroll
    for (int n = 0; n < Keys / 16; n++) {
        PhiloxWords words = draws.words(row_of_tiles, (first_key / 16 + n) * 32 + lane);
#pragma unroll
        for (int i = 0; i < 8; i++) {
            float& x = p[2 * n + ((i >> 1) & 1)][2 * (i >> 2) + (i & 1)];
            x = draws.keeps(words.x[i >> 1] >> (16 * (i & 1))) ? x * draws.scale : 0.0f;
        }
    }
}
#endif

DEVICE void divide(float (&sums)[HEAD / 8][4], int half, float total)
{
    const float inverse = 1.0f / total;
#pragma unroll
    for (int n = 0; n < HEAD / 8; n++) {
        sums[n][2 * half] *= inverse;
        sums[n][2 * half + 1] *= inverse;
    }
}

KERNEL void __launch_bounds__(Threads) attention_forward(Attention<T_X> a)
{
    extern __shared__ __align__(128) unsigned char memory[];
    const Head head = head_of(a, parts_of(a.places.steps, ROWS));
    const int lane = threadIdx.x & 31, warp_row = (threadIdx.x >> 5) * (WARP_ROWS * Tiles);
    // Under a causal mask the last rows have most to do: they begin.
    const int first = (a.causal ? parts_of(a.places.steps, ROWS) - 1 - head.part : head.part) * ROWS;
    const u32 query_tile = shared_address(memory), stages = query_tile + ROWS * HEAD * ElementBytes;
    const Window<const T_X> q = window_of(a.qkv, head, head.column, a.head_size, head.length).below(first);
    const Window<const T_X> k = window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length);
    const Window<const T_X> v = window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length);
    const int end = q.rows <= 0 ? 0 : end_of(a, head, first + ROWS - 1), blocks = parts_of(end, Keys);
    const float factor = a.scale * LOG2_E;
#if DROPOUT
    const Draws draws = draws_of(a, head);
#endif

    if (blocks > 0) {
        load_tile<ROWS, Threads>(query_tile, q);
        load_tile<Keys, Threads>(stages, k);
        load_tile<Keys, Threads>(stages + TileBytes, v);
        commit_copies();
    }

    float sums[Tiles][HEAD / 8][4] = {};
    Rows rows[Tiles] = {};
    u32 query[Tiles][HEAD / Depth][4];
    int ends[Tiles][2];
#pragma unroll
    for (int t = 0; t < Tiles; t++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            rows[t].largest[half] = of_bits(0xFF800000u);
            ends[t][half] = end_of(a, head, first + warp_row + t * WARP_ROWS + (lane >> 2) + half * 8);
        }

    for (int block = 0; block < blocks; block++) {
        const u32 stage = stages + (block & 1) * 2 * TileBytes, next = stages + (~block & 1) * 2 * TileBytes;
        wait_copies();
        settle_tile<Keys, Threads>(stage);
        settle_tile<Keys, Threads>(stage + TileBytes);
        __syncthreads();
        if (block == 0) {
#pragma unroll
            for (int t = 0; t < Tiles; t++) {
                load_rows(query[t], query_tile, warp_row + t * WARP_ROWS, lane);
                round_rows(query[t]);
            }
        }
        if (block + 1 < blocks) {
            load_tile<Keys, Threads>(next, k.below((block + 1) * Keys));
            load_tile<Keys, Threads>(next + TileBytes, v.below((block + 1) * Keys));
            commit_copies();
        }

        float scores[Tiles][Keys / 8][4] = {};
        u32 p[Tiles][Keys / Depth][4];
        multiply_rows<Tiles, Keys>(scores, query, stage, lane);
#pragma unroll
        for (int t = 0; t < Tiles; t++) {
            if ((block + 1) * Keys > end_of(a, head, first + warp_row + t * WARP_ROWS))
                hide(scores[t], block * Keys, ends[t], lane);
            soften(scores[t], sums[t], rows[t], factor);
#if DROPOUT
            drop(scores[t], draws, (first + warp_row) / 16 + t, block * Keys, lane);
#endif
            round_operand<Keys>(scores[t], p[t]);
        }
        multiply_columns<Tiles, Keys>(sums, p, stage + TileBytes, lane);
    }

    const Window<typename Attention<T_X>::Result> y = window_of(a.y, head, head.column, a.head_size, head.length);
#pragma unroll
    for (int t = 0; t < Tiles; t++) {
        const int row = first + warp_row + t * WARP_ROWS;
        bool real[2];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int i = row + (lane >> 2) + half * 8;
            float total = rows[t].total[half];
            total += __shfl_xor_sync(0xFFFFFFFFu, total, 1);
            total += __shfl_xor_sync(0xFFFFFFFFu, total, 2);
            real[half] = i < head.length;
            divide(sums[t], half, total);
            if (a.statistics.data != 0 && (lane & 3) == 0 && real[half])
                *a.statistics.at(head.row + i, head.number)
                    = fmaf(rows[t].largest[half], a.scale, logarithm2(total) * LN_2);
        }
        store_rows(query_tile + (warp_row + t * WARP_ROWS) * HEAD * ElementBytes, lane, sums[t], 1.0f, real, y.below(row));
    }
}
