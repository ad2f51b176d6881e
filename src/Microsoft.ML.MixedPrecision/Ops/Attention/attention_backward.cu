// dQ, dK and dV of y = softmax(Q·Kᵀ/√D)·V, heads of at most HEAD columns, on Tensor Cores of compute capability 8.0 and later. Two kernels,
// so that nothing is added up between blocks: attention_backward_queries has 64 rows of Q a block, goes through the keys and leaves dQ and
// Δ = Σ dy·y; attention_backward_keys has 64 rows of K and V, goes through the queries and leaves dK and dV. Both make the scores again.
// p = exp(s − lse); dV = pᵀ·dy; ds = p ⊙ (dy·Vᵀ − Δ); dQ = ds·K/√D; dK = dsᵀ·Q/√D; with dropout, p of dV and dy·Vᵀ are the kept ones'.
// p and ds are rounded once, as operands. Source: T. Dao, "FlashAttention-2", 2023.
// macros: T_X HEAD DROPOUT
#include "attention_backward.cuh"

constexpr int Threads = 128, Rows = 64, Stage = StageRows, Span = Stage < 32 ? Stage : 32;
constexpr int TileBytes = Rows * HEAD * ElementBytes, StageBytes = Stage * HEAD * ElementBytes;

#if DROPOUT
DEVICE void drop_products(float (&products)[Span / 8][4], const Draws& draws, int row_of_tiles, int first_key, int lane)
{
#pragma unroll
    for (int n = 0; n < Span / 16; n++) {
        PhiloxWords words = draws.words(row_of_tiles, (first_key / 16 + n) * 32 + lane);
#pragma unroll
        for (int i = 0; i < 8; i++) {
            float& x = products[2 * n + ((i >> 1) & 1)][2 * (i >> 2) + (i & 1)];
            x = draws.keeps(words.x[i >> 1] >> (16 * (i & 1))) ? x * draws.scale : 0.0f;
        }
    }
}
#endif

KERNEL void __launch_bounds__(Threads) attention_backward_queries(Attention<T_X> a)
{
    extern __shared__ __align__(128) unsigned char memory[];
    const Head head = head_of(a, parts_of(a.places.steps, Rows));
    const int lane = threadIdx.x & 31, warp_row = (threadIdx.x >> 5) * WARP_ROWS;
    const int first = (a.causal ? parts_of(a.places.steps, Rows) - 1 - head.part : head.part) * Rows, row = first + warp_row;
    const u32 q_tile = shared_address(memory), dy_tile = q_tile + TileBytes, stages = dy_tile + TileBytes;
    const auto q = window_of(a.qkv, head, head.column, a.head_size, head.length).below(first);
    const auto k = window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length);
    const auto v = window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length);
    const int blocks = q.rows <= 0 ? 0 : parts_of(end_of(a, head, first + Rows - 1), Stage);
    const float factor = a.scale * LOG2_E;

    float sums[1][HEAD / 8][4] = {}, delta[2] = {}, shift[2] = {};
    u32 query[1][HEAD / Depth][4], gradient[1][HEAD / Depth][4];
    int ends[2];
    bool real[2];
    for (int half = 0; half < 2; half++) {
        const int i = row + (lane >> 2) + half * 8;
        real[half] = i < head.length;
        ends[half] = real[half] ? end_of(a, head, i) : 0;
        if (real[half])
            shift[half] = *a.statistics.at(head.row + i, head.number) * LOG2_E;
    }
    // Keys below this are seen by all of the warp's rows.
    const int whole = row + WARP_ROWS <= head.length ? end_of(a, head, row) : 0;
#if DROPOUT
    const Draws draws = draws_of(a, head);
#endif

    auto fetch = [&](int block) {
        const u32 stage = stages + (block & 1) * 2 * StageBytes;
        load_tile<Stage, Threads>(stage, k.below(block * Stage));
        load_tile<Stage, Threads>(stage + StageBytes, v.below(block * Stage));
        commit_copies();
    };

    if (blocks > 0) {
        // y has the second stage until the first keys are there; a tile larger than that has both before they come.
        constexpr bool IsLarge = TileBytes > 2 * StageBytes;
        const u32 y_tile = IsLarge ? stages : stages + 2 * StageBytes;
        load_tile<Rows, Threads>(q_tile, q);
        load_tile<Rows, Threads>(dy_tile, window_of(a.dy, head, head.column, a.head_size, head.length).below(first));
        load_tile<Rows, Threads>(y_tile, window_of(a.y, head, head.column, a.head_size, head.length).below(first));
        if constexpr (!IsLarge)
            fetch(0);
        commit_copies();
        wait_copies();
        __syncthreads();
        load_rows(query[0], q_tile, warp_row, lane);
        load_rows(gradient[0], dy_tile, warp_row, lane);
        row_products(gradient[0], y_tile, warp_row, lane, delta);
        round_rows(query[0]);
        round_rows(gradient[0]);
        for (int half = 0; half < 2; half++)
            if (real[half] && (lane & 3) == 0)
                a.delta[first_of(a, head) + row + (lane >> 2) + half * 8] = delta[half];
        if constexpr (IsLarge) {
            __syncthreads();
            fetch(0);
        }
    }

    for (int block = 0; block < blocks; block++) {
        const u32 stage = stages + (block & 1) * 2 * StageBytes;
        wait_copies();
        settle_tile<Stage, Threads>(stage);
        settle_tile<Stage, Threads>(stage + StageBytes);
        __syncthreads();
        if (block + 1 < blocks)
            fetch(block + 1);

#pragma unroll 1
        for (int part = 0; part < Stage; part += Span) {
            const u32 k_tile = stage + part * HEAD * ElementBytes, v_tile = k_tile + StageBytes;
            const int first_key = block * Stage + part;
            float scores[1][Span / 8][4] = {}, products[1][Span / 8][4] = {};
            u32 ds[1][Span / Depth][4];
            multiply_rows<1, Span>(scores, query, k_tile, lane);
            multiply_rows<1, Span>(products, gradient, v_tile, lane);
#if DROPOUT
            drop_products(products[0], draws, row / 16, first_key, lane);
#endif
#pragma unroll
            for (int n = 0; n < Span / 8; n++)
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    float p = power2(fmaf(scores[0][n][e], factor, -shift[e >> 1]));
                    scores[0][n][e] = p * (products[0][n][e] - delta[e >> 1]);
                }
            if (first_key + Span > whole) {
#pragma unroll
                for (int n = 0; n < Span / 8; n++)
#pragma unroll
                    for (int e = 0; e < 4; e++)
                        scores[0][n][e] = first_key + n * 8 + (lane & 3) * 2 + (e & 1) < ends[e >> 1] ? scores[0][n][e] : 0.0f;
            }
            round_operand<Span>(scores[0], ds[0]);
            multiply_columns<1, Span>(sums, ds, k_tile, lane);
        }
    }

    const auto dq = window_of(a.dqkv, head, head.column, a.head_size, head.length).below(row);
    store_rows(q_tile + warp_row * HEAD * ElementBytes, lane, sums[0], a.scale, real, dq);
}

// 16 rows of a tile as the first operand, held in registers; where wide heads leave none, read again each time.
template <bool Held>
struct Operand {
    u32 tile;
    int row;
    u32 held[1][Held ? HEAD / Depth : 1][4];

    DEVICE void load(int lane)
    {
        if constexpr (Held)
            load_rows(held[0], tile, row, lane);
    }

    DEVICE void multiply_into(float (&scores)[1][Span / 8][4], u32 b, int lane) const
    {
        if constexpr (Held)
            multiply_rows<1, Span>(scores, held, b, lane);
        else
            multiply_rows_of<Span>(scores[0], tile, row, b, lane);
    }
};

// Three blocks of a multiprocessor hide more than two, where that leaves registers enough.
KERNEL void __launch_bounds__(Threads, IsWide || HEAD == 128 ? 1 : 3) attention_backward_keys(Attention<T_X> a)
{
    extern __shared__ __align__(128) unsigned char memory[];
    const Head head = head_of(a, parts_of(a.places.steps, Rows));
    const int lane = threadIdx.x & 31, warp_row = (threadIdx.x >> 5) * WARP_ROWS;
    const int first = head.part * Rows, row = first + warp_row;
    const u32 k_tile = shared_address(memory), v_tile = k_tile + TileBytes, stages = v_tile + TileBytes;
    float* const numbers = (float*)(memory + 2 * TileBytes + 4 * StageBytes);
    const auto q = window_of(a.qkv, head, head.column, a.head_size, head.length);
    const auto dy = window_of(a.dy, head, head.column, a.head_size, head.length);
    const int begin = a.causal ? first / Stage : 0, blocks = first < head.length ? parts_of(head.length, Stage) : 0;
    const float factor = a.scale * LOG2_E;
    const float* const deltas = a.delta + first_of(a, head);
#if DROPOUT
    const Draws draws = draws_of(a, head);
#endif

    float sum_k[1][HEAD / 8][4] = {}, sum_v[1][HEAD / 8][4] = {};
    const KeyRows rows = key_rows_of(a, head, row, lane);

    auto fetch = [&](int block) {
        const u32 stage = stages + (block & 1) * 2 * StageBytes;
        const u32 to = shared_address(numbers + (block & 1) * 2 * Stage);
        load_tile<Stage, Threads>(stage, q.below(block * Stage));
        load_tile<Stage, Threads>(stage + StageBytes, dy.below(block * Stage));
        const int i = block * Stage + threadIdx.x;
        if (threadIdx.x < Stage) {
            const bool valid = i < head.length;
            copy4(to + threadIdx.x * 4, a.statistics.at(head.row + (valid ? i : 0), head.number), valid);
            copy4(to + (Stage + threadIdx.x) * 4, deltas + (valid ? i : 0), valid);
        }
        commit_copies();
    };

    if (begin < blocks) {
        load_tile<Rows, Threads>(k_tile, window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length).below(first));
        load_tile<Rows, Threads>(v_tile, window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length).below(first));
        fetch(begin);
    }

    Operand<HEAD < 128> key = { k_tile, warp_row, {} }, value = { v_tile, warp_row, {} };
    for (int block = begin; block < blocks; block++) {
        const u32 stage = stages + (block & 1) * 2 * StageBytes;
        const float* const statistics = numbers + (block & 1) * 2 * Stage;
        wait_copies();
        settle_tile<Stage, Threads>(stage);
        settle_tile<Stage, Threads>(stage + StageBytes);
        if (block == begin) {
            settle_tile<Rows, Threads>(k_tile);
            settle_tile<Rows, Threads>(v_tile);
        }
        __syncthreads();
        if (block == begin) {
            key.load(lane);
            value.load(lane);
        }
        if (block + 1 < blocks)
            fetch(block + 1);

#pragma unroll 1
        for (int part = 0; part < Stage; part += Span) {
            const u32 q_tile = stage + part * HEAD * ElementBytes, dy_tile = q_tile + StageBytes;
            const int first_query = block * Stage + part;
            float scores[1][Span / 8][4] = {}, products[1][Span / 8][4] = {};
            u32 p[1][Span / Depth][4], ds[1][Span / Depth][4];
#if DROPOUT
            TurnedDraws turned = {};
#endif
            key.multiply_into(scores, q_tile, lane);
            value.multiply_into(products, dy_tile, lane);
#pragma unroll
            for (int n = 0; n < Span / 8; n++) {
                const float* const numbers_of = statistics + part + n * 8 + (lane & 3) * 2;
#if DROPOUT
                if ((n & 1) == 0)
                    turned = turned_draws(draws, (first_query + n * 8) / 16, row / 16, lane);
                differentiate_dropped(scores[0][n], products[0][n], factor, numbers_of, numbers_of + Stage, draws, turned, n & 1);
#else
                differentiate(scores[0][n], products[0][n], factor, numbers_of, numbers_of + Stage);
#endif
            }
            if (rows.hides(first_query, Span))
                hide<Span>(scores[0], products[0], rows, first_query, lane);
            round_operand<Span>(scores[0], p[0]);
            round_operand<Span>(products[0], ds[0]);
            multiply_columns<1, Span>(sum_v, p, dy_tile, lane);
            multiply_columns<1, Span>(sum_k, ds, q_tile, lane);
        }
    }

    // A warp alone has read its rows of these tiles.
    const auto dk = window_of(a.dqkv, head, a.columns() + head.column, a.head_size, head.length).below(row);
    const auto dv = window_of(a.dqkv, head, 2 * a.columns() + head.column, a.head_size, head.length).below(row);
    store_rows(k_tile + warp_row * HEAD * ElementBytes, lane, sum_k[0], a.scale, rows.real, dk);
    store_rows(v_tile + warp_row * HEAD * ElementBytes, lane, sum_v[0], 1.0f, rows.real, dv);
}
