// y = softmax(Q·Kᵀ/√D)·V in Float32 arithmetic, for formats, cards and heads that attention_forward.cu does not take. A block does 64 rows
// and COLUMNS columns of a head and goes through the keys, 64 at a time. The operands are rounded as T_X says, p as well.
// Source: AttentionKernel.cs.
// macros: T_X COLUMNS
#include "attention_plain.cuh"

// Leaves p of the row in its scores, shrinks what came before.
template <class T>
DEVICE void plain_soften(const Attention<T>& a, float (&scores)[4], float (&sums)[Sums], float& largest, float& total, int end)
{
    const float before = largest;
#pragma unroll
    for (int c = 0; c < 4; c++) {
        scores[c] *= a.scale;
        if (score_column(c) < end)
            largest = fmaxf(largest, scores[c]);
    }
#pragma unroll
    for (int lanes = 1; lanes < 16; lanes *= 2)
        largest = fmaxf(largest, __shfl_xor_sync(0xFFFFFFFFu, largest, lanes));
    const float shrink = exponential(before - largest);
    float sum = 0.0f;
#pragma unroll
    for (int c = 0; c < 4; c++) {
        scores[c] = score_column(c) < end ? exponential(scores[c] - largest) : 0.0f;
        sum += scores[c];
    }
    total = fmaf(total, shrink, sum);
#pragma unroll
    for (int c = 0; c < Sums; c++)
        sums[c] *= shrink;
}

KERNEL void __launch_bounds__(PLAIN_THREADS, 2) attention_plain_forward(Attention<T_X> a)
{
    __shared__ PlainMemory memory;
    const int chunks = parts_of(a.head_size, COLUMNS);
    const Head head = head_of(a, chunks * parts_of(a.places.steps, PLAIN_ROWS));
    const int first = head.part / chunks * PLAIN_ROWS, column = head.part % chunks * COLUMNS;
    const auto q = window_of(a.qkv, head, head.column, a.head_size, head.length).below(first);
    const auto k = window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length);
    const auto v = window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length).behind(column);
    const auto y = window_of(a.y, head, head.column, a.head_size, head.length).below(first).behind(column);
    const int end = q.rows <= 0 ? 0 : end_of(a, head, first + PLAIN_ROWS - 1);
    const Draws draws = plain_draws(a, head);

    float sums[4][Sums] = {}, largest[4], total[4] = {};
    for (int r = 0; r < 4; r++)
        largest[r] = of_bits(0xFF800000u);
    for (int key = 0; key < end; key += PLAIN_ROWS) {
        float scores[4][4], kept[4][4];
        plain_scores(memory, q, k.below(key), scores);
        plain_kept(a, draws, first, key, kept);
#pragma unroll
        for (int r = 0; r < 4; r++) {
            plain_soften(a, scores[r], sums[r], largest[r], total[r], end_of(a, head, first + score_row(r)) - key);
#pragma unroll
            for (int c = 0; c < 4; c++)
                scores[r][c] *= kept[r][c];
        }
        put_scores<T_X>(memory, scores);
        plain_add<false>(memory, v.below(key), sums);
    }

    for (int r = 0; r < 4; r++) {
        for (int lanes = 1; lanes < 16; lanes *= 2)
            total[r] += __shfl_xor_sync(0xFFFFFFFFu, total[r], lanes);
        for (int c = 0; c < Sums; c++)
            sums[r][c] /= total[r];
        const int i = first + score_row(r);
        if (a.statistics.data != 0 && column == 0 && plain_x() == 0 && i < head.length)
            *a.statistics.at(head.row + i, head.number) = largest[r] + logf(total[r]);
    }
    plain_store(y, sums, 1.0f, q.rows);
}
