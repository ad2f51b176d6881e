// dQ, dK and dV as in attention_backward.cu, in one kernel, for at most STEPS steps and heads of at most 64 columns: a block has a whole
// head of an example, each warp 16 of its keys, and makes the scores once, 64 queries at a time. ds goes through shared memory, so that dQ
// of these queries is summed over all keys. Source: AttentionKernel.cs.
// macros: T_X HEAD STEPS DROPOUT
#include "attention_backward.cuh"

constexpr int Warps = STEPS / WARP_ROWS, Threads = Warps * 32, Queries = 64, Span = 32, TileBytes = STEPS * HEAD * ElementBytes;

// Of dQ a warp has 16 rows, and with 8 warps half of the columns.
constexpr int Columns = HEAD * 4 / Warps;

// Puts ds of a warp's 16 keys and some queries into a tile of STEPS × 64.
DEVICE void put_operand(u32 tile, int row, int column, int lane, const u32 (&ds)[Span / Depth][4])
{
#pragma unroll
    for (int n = 0; n < Span / 8; n++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const u32 at = pair_at<Queries>(tile, row + (lane >> 2) + half * 8, column + n * 8 + 2 * (lane & 3));
            if constexpr (IsWide)
                store_shared(at, ds[n][half], ds[n][2 + half]);
            else
                store_shared(at, ds[n >> 1][(n & 1) * 2 + half]);
        }
}

KERNEL void __launch_bounds__(Threads, STEPS == 64 ? (IsWide ? 2 : 3) : 1) attention_backward_short(Attention<T_X> a)
{
    extern __shared__ __align__(128) unsigned char memory[];
    const Head head = head_of(a, 1);
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, row = warp * WARP_ROWS;
    const u32 q_tile = shared_address(memory), k_tile = q_tile + TileBytes, v_tile = k_tile + TileBytes, dy_tile = v_tile + TileBytes;
    const u32 ds_tile = dy_tile + TileBytes;
    float* const statistics = (float*)(memory + 4 * TileBytes + STEPS * Queries * ElementBytes);
    float* const delta = statistics + STEPS;
    const int blocks = parts_of(head.length, Queries);
    const float factor = a.scale * LOG2_E;
    const KeyRows rows = key_rows_of(a, head, row, lane);
#if DROPOUT
    const Draws draws = draws_of(a, head);
#endif

    load_tile<STEPS, Threads>(q_tile, window_of(a.qkv, head, head.column, a.head_size, head.length));
    load_tile<STEPS, Threads>(k_tile, window_of(a.qkv, head, a.columns() + head.column, a.head_size, head.length));
    load_tile<STEPS, Threads>(v_tile, window_of(a.qkv, head, 2 * a.columns() + head.column, a.head_size, head.length));
    load_tile<STEPS, Threads>(dy_tile, window_of(a.dy, head, head.column, a.head_size, head.length));
    // y has ds's place until the first scores are there.
    load_tile<STEPS, Threads>(ds_tile, window_of(a.y, head, head.column, a.head_size, head.length));
    commit_copies();
    if (threadIdx.x < STEPS)
        statistics[threadIdx.x] = (int)threadIdx.x < head.length ? *a.statistics.at(head.row + threadIdx.x, head.number) : 0.0f;
    wait_copies();
    settle_tile<STEPS, Threads>(q_tile);
    settle_tile<STEPS, Threads>(k_tile);
    settle_tile<STEPS, Threads>(v_tile);
    __syncthreads();

    u32 key[1][HEAD / Depth][4], value[1][HEAD / Depth][4];
    {
        float products[2];
        load_rows(key[0], dy_tile, row, lane);
        row_products(key[0], ds_tile, row, lane, products);
        if ((lane & 3) == 0) {
            delta[row + (lane >> 2)] = products[0];
            delta[row + (lane >> 2) + 8] = products[1];
        }
    }
    load_rows(key[0], k_tile, row, lane);
    load_rows(value[0], v_tile, row, lane);
    __syncthreads();
    if constexpr (IsWide) {
        settle_tile<STEPS, Threads>(dy_tile);
        __syncthreads();
    }

    float sum_k[1][HEAD / 8][4] = {}, sum_v[1][HEAD / 8][4] = {};
    for (int block = 0; block < blocks; block++) {
        const int end = (block + 1) * Queries;
#pragma unroll 1
        for (int first = block * Queries; first < end && row < end_of(a, head, end - 1); first += Span) {
            const u32 q_part = q_tile + first * HEAD * ElementBytes, dy_part = dy_tile + first * HEAD * ElementBytes;
            float scores[1][Span / 8][4] = {}, products[1][Span / 8][4] = {};
            u32 p[1][Span / Depth][4], ds[1][Span / Depth][4];
#if DROPOUT
            TurnedDraws turned = {};
#endif
            multiply_rows<1, Span>(scores, key, q_part, lane);
            multiply_rows<1, Span>(products, value, dy_part, lane);
#pragma unroll
            for (int n = 0; n < Span / 8; n++) {
                const int column = first + n * 8 + (lane & 3) * 2;
#if DROPOUT
                if ((n & 1) == 0)
                    turned = turned_draws(draws, (first + n * 8) / 16, warp, lane);
                differentiate_dropped(scores[0][n], products[0][n], factor, statistics + column, delta + column, draws, turned, n & 1);
#else
                differentiate(scores[0][n], products[0][n], factor, statistics + column, delta + column);
#endif
            }
            if (rows.hides(first, Span))
                hide<Span>(scores[0], products[0], rows, first, lane);
            round_operand<Span>(scores[0], p[0]);
            round_operand<Span>(products[0], ds[0]);
            put_operand(ds_tile, row, first - block * Queries, lane, ds[0]);
            multiply_columns<1, Span>(sum_v, p, dy_part, lane);
            multiply_columns<1, Span>(sum_k, ds, q_part, lane);
        }
        __syncthreads();

        // dQ of these queries; their tile has served, and takes it.
        const int query = (warp & 3) * WARP_ROWS, column = (warp >> 2) * Columns, keys = end_of(a, head, end - 1);
        float sum_q[Columns / 8][4] = {};
#pragma unroll
        for (int k = 0; k < STEPS; k += Depth) {
            if (k >= keys)
                break;
            u32 ds[4];
            load_a_turned<Queries>(ds, ds_tile, query, k, lane);
#pragma unroll
            for (int n = 0; n < Columns / 16; n++) {
                u32 part[4];
                load_b_turned<HEAD>(part, k_tile, k, column + n * 16, lane);
                multiply(sum_q[2 * n], ds, part[0], part[1], (const T_X*)0);
                multiply(sum_q[2 * n + 1], ds, part[2], part[3], (const T_X*)0);
            }
        }
        const int i = block * Queries + query + (lane >> 2);
        const bool real[2] = { i < head.length, i + 8 < head.length };
        put_rows<Columns>(q_tile, block * Queries + query, column, lane, sum_q, a.scale, real);
        __syncthreads();
    }

    const auto dqkv = window_of(a.dqkv, head, head.column, a.head_size, head.length);
    store_tile<STEPS, Threads>(q_tile, threadIdx.x, dqkv);
    const auto dk = window_of(a.dqkv, head, a.columns() + head.column, a.head_size, head.length).below(row);
    const auto dv = window_of(a.dqkv, head, 2 * a.columns() + head.column, a.head_size, head.length).below(row);
    store_rows(k_tile + row * HEAD * ElementBytes, lane, sum_k[0], a.scale, rows.real, dk);
    store_rows(v_tile + row * HEAD * ElementBytes, lane, sum_v[0], 1.0f, rows.real, dv);
}
