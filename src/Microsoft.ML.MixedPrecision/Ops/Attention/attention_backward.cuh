// What the backward kernels on Tensor Cores share: Σ dy·y of a row, p and ds from the two products of scores, and dropout where the rows
// of a product are keys. Formulas: AttentionKernel.cs.
#pragma once
#include "attention_tiles.cuh"

// Σ dy·y of the rows lane/4 and lane/4 + 8 of 16, from dy's operand and y's tile, both as stored; all four lanes of a row have it.
DEVICE void row_products(const u32 (&dy)[HEAD / Depth][4], u32 y_tile, int row, int lane, float (&delta)[2])
{
    delta[0] = delta[1] = 0.0f;
#pragma unroll
    for (int k = 0; k < HEAD / Depth; k++) {
        u32 y[4];
        load_matrices(y, a_at<HEAD>(y_tile, row, k * Depth, lane));
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if constexpr (IsWide) {
                delta[i & 1] = fmaf(of_bits(dy[k][i]), of_bits(y[i]), delta[i & 1]);
            } else {
                float dy0, dy1, y0, y1;
                unpack(dy[k][i], dy0, dy1, (const T_X*)0);
                unpack(y[i], y0, y1, (const T_X*)0);
                delta[i & 1] = fmaf(dy1, y1, fmaf(dy0, y0, delta[i & 1]));
            }
        }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
        delta[half] += __shfl_xor_sync(0xFFFFFFFFu, delta[half], 1);
        delta[half] += __shfl_xor_sync(0xFFFFFFFFu, delta[half], 2);
    }
}

// A lane's draws in a tile whose rows are keys: element (key lane/4 + 8·u, query 2·(lane mod 4) + e + 8·v) has bits 16·u of x[e][v].
struct TurnedDraws {
    u32 x[2][2];
};

DEVICE u32 upper_halves(u32 x, u32 y) { return (x >> 16) | (y & 0xFFFF0000u); }
DEVICE u32 lower_halves(u32 x, u32 y) { return (x & 0xFFFFu) | (y << 16); }

// The lane's two queries are of two draws, its key takes one half of each word: it draws one of them, and gets the other from the lane of
// the neighbouring key, which takes the other halves of both.
DEVICE TurnedDraws turned_draws(const Draws& draws, int row_of_tiles, int column_of_tiles, int lane)
{
    int odd = (lane >> 2) & 1, query = 2 * (lane & 3) + odd;
    PhiloxWords words = draws.words(row_of_tiles, column_of_tiles * 32 + 4 * query + (lane >> 3));
    TurnedDraws turned;
#pragma unroll
    for (int v = 0; v < 2; v++) {
        u32 upper = upper_halves(words.x[2 * v], words.x[2 * v + 1]), lower = lower_halves(words.x[2 * v], words.x[2 * v + 1]);
        u32 own = odd ? upper : lower, other = __shfl_xor_sync(0xFFFFFFFFu, odd ? lower : upper, 4);
        turned.x[0][v] = odd ? other : own;
        turned.x[1][v] = odd ? own : other;
    }
    return turned;
}

// A warp's 16 keys, a lane's two of them: lane/4 and lane/4 + 8.
struct KeyRows {
    int begins[2];      // queries from here on see the key; the length where the key is padding
    int end;            // the length
    int whole;          // queries from here on see all of the warp's keys
    bool real[2];

    DEVICE bool hides(int first_query, int queries) const { return first_query < whole || first_query + queries > end; }
};

template <class T>
DEVICE KeyRows key_rows_of(const Attention<T>& a, const Head& head, int row, int lane)
{
    KeyRows rows;
    for (int half = 0; half < 2; half++) {
        int key = row + (lane >> 2) + half * 8;
        rows.real[half] = key < head.length;
        rows.begins[half] = !rows.real[half] ? head.length : a.causal ? key : 0;
    }
    rows.end = head.length;
    rows.whole = row + WARP_ROWS > head.length ? head.length : a.causal ? row + WARP_ROWS - 1 : 0;
    return rows;
}

// Two queries of a lane, each with two keys: kept p instead of the scores, ds instead of the products dy·vᵀ.
DEVICE void differentiate(float (&scores)[4], float (&products)[4], float factor, const float* statistics, const float* delta)
{
#pragma unroll
    for (int e = 0; e < 4; e++) {
        scores[e] = power2(fmaf(scores[e], factor, -statistics[e & 1] * LOG2_E));
        products[e] = scores[e] * (products[e] - delta[e & 1]);
    }
}

#if DROPOUT
DEVICE void differentiate_dropped(float (&scores)[4], float (&products)[4], float factor, const float* statistics, const float* delta,
    const Draws& draws, const TurnedDraws& turned, int v)
{
#pragma unroll
    for (int e = 0; e < 4; e++) {
        float p = power2(fmaf(scores[e], factor, -statistics[e & 1] * LOG2_E));
        float scale = draws.keeps(turned.x[e & 1][v] >> (16 * (e >> 1))) ? draws.scale : 0.0f;
        products[e] = p * (products[e] * scale - delta[e & 1]);
        scores[e] = p * scale;
    }
}
#endif

// What a query does not see becomes 0.
template <int Queries>
DEVICE void hide(float (&scores)[Queries / 8][4], float (&products)[Queries / 8][4], const KeyRows& rows, int first_query, int lane)
{
#pragma unroll
    for (int n = 0; n < Queries / 8; n++)
#pragma unroll
        for (int e = 0; e < 4; e++) {
            int query = first_query + n * 8 + (lane & 3) * 2 + (e & 1);
            bool seen = query >= rows.begins[e >> 1] && query < rows.end;
            scores[n][e] = seen ? scores[n][e] : 0.0f;
            products[n][e] = seen ? products[n][e] : 0.0f;
        }
}
