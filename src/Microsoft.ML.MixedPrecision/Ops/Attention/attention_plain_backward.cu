// dQ, dK and dV in Float32 arithmetic; formulas as in attention_backward.cu. attention_plain_delta leaves Σ dy·y of each row. Then a block
// does 64 rows and COLUMNS columns of a head: attention_plain_queries goes through the keys and leaves dQ, attention_plain_keys goes
// through the queries and leaves dK and dV. The operands are rounded as T_X says, p and ds as well. Source: AttentionKernel.cs.
// macros: T_X COLUMNS
#include "attention_plain.cuh"

typedef typename Attention<T_X>::Result Result;

// A warp does a row of a head.
KERNEL void __launch_bounds__(PLAIN_THREADS) attention_plain_delta(Attention<T_X> a)
{
    const Head head = head_of(a, parts_of(a.places.steps, PLAIN_THREADS / 32));
    const int i = head.part * (PLAIN_THREADS / 32) + (threadIdx.x >> 5), lane = threadIdx.x & 31;
    if (i >= head.length)
        return;
    const Result* y = a.y.at(head.row + i, head.column);
    const Result* dy = (const Result*)a.dy.at(head.row + i, head.column);
    float sum = 0.0f;
    for (int column = lane; column < a.head_size; column += 32)
        sum = fmaf(to_float(dy[column]), to_float(y[column]), sum);
    sum = warp_sum(sum);
    if (lane == 0)
        a.delta[first_of(a, head) + i] = sum;
}

// A tile of scores' kept p and ds; i and j are its first row and column.
template <class T>
DEVICE void plain_differentiate(
    const Attention<T>& a, const Head& head, const Draws& draws, int i, int j, float (&scores)[4][4], float (&products)[4][4])
{
    float kept[4][4];
    plain_kept(a, draws, i, j, kept);
#pragma unroll
    for (int r = 0; r < 4; r++) {
        const int row = i + score_row(r), end = row < head.length ? end_of(a, head, row) : 0;
        const float statistic = end > 0 ? *a.statistics.at(head.row + row, head.number) : 0.0f;
        const float delta = end > 0 ? a.delta[first_of(a, head) + row] : 0.0f;
#pragma unroll
        for (int c = 0; c < 4; c++) {
            const bool seen = j + score_column(c) < end;
            const float p = exponential(scores[r][c] * a.scale - statistic);
            products[r][c] = seen ? p * (products[r][c] * kept[r][c] - delta) : 0.0f;
            scores[r][c] = seen ? p * kept[r][c] : 0.0f;
        }
    }
}

KERNEL void __launch_bounds__(PLAIN_THREADS, Blocks) attention_plain_queries(Attention<T_X> a)
{
    __shared__ PlainMemory memory;
    const int chunks = parts_of(a.head_size, COLUMNS);
    const Head head = head_of(a, chunks * parts_of(a.places.steps, PLAIN_ROWS));
    const int first = head.part / chunks * PLAIN_ROWS, column = head.part % chunks * COLUMNS;
    const auto q = window_of(a.qkv, head, head.column, a.head_size, head.length).below(first);
    const auto k = window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length);
    const auto v = window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length);
    const auto dy = window_of(a.dy, head, head.column, a.head_size, head.length).below(first);
    const int end = q.rows <= 0 ? 0 : end_of(a, head, first + PLAIN_ROWS - 1);
    const Draws draws = plain_draws(a, head);

    float sums[4][Sums] = {};
    for (int key = 0; key < end; key += PLAIN_ROWS) {
        float scores[4][4], products[4][4];
        plain_scores(memory, q, k.below(key), scores);
        plain_scores(memory, dy, v.below(key), products);
        plain_differentiate(a, head, draws, first, key, scores, products);
        put_scores<T_X>(memory, products);
        plain_add<false>(memory, k.below(key).behind(column), sums);
    }
    plain_store(window_of(a.dqkv, head, head.column, a.head_size, head.length).below(first).behind(column), sums, a.scale, q.rows);
}

KERNEL void __launch_bounds__(PLAIN_THREADS, Blocks) attention_plain_keys(Attention<T_X> a)
{
    __shared__ PlainMemory memory;
    const int chunks = parts_of(a.head_size, COLUMNS);
    const Head head = head_of(a, chunks * parts_of(a.places.steps, PLAIN_ROWS));
    const int first = head.part / chunks * PLAIN_ROWS, column = head.part % chunks * COLUMNS;
    const auto q = window_of(a.qkv, head, head.column, a.head_size, head.length);
    const auto k = window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length).below(first);
    const auto v = window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length).below(first);
    const auto dy = window_of(a.dy, head, head.column, a.head_size, head.length);
    const int end = k.rows <= 0 ? 0 : head.length;
    const Draws draws = plain_draws(a, head);

    float sum_k[4][Sums] = {}, sum_v[4][Sums] = {};
    for (int query = a.causal ? first : 0; query < end; query += PLAIN_ROWS) {
        float scores[4][4], products[4][4];
        plain_scores(memory, q.below(query), k, scores);
        plain_scores(memory, dy.below(query), v, products);
        plain_differentiate(a, head, draws, query, first, scores, products);
        put_scores<T_X>(memory, scores);
        plain_add<true>(memory, dy.below(query).behind(column), sum_v);
        put_scores<T_X>(memory, products);
        plain_add<true>(memory, q.below(query).behind(column), sum_k);
    }
    const auto dk = window_of(a.dqkv, head, a.columns() + head.column, a.head_size, head.length).below(first).behind(column);
    const auto dv = window_of(a.dqkv, head, 2 * a.columns() + head.column, a.head_size, head.length).below(first).behind(column);
    plain_store(dk, sum_k, a.scale, k.rows);
    plain_store(dv, sum_v, 1.0f, k.rows);
}
