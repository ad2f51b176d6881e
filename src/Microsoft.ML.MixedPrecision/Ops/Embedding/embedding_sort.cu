// Sorts the positions of a batch by their ids, equal ids in the order of the positions: one pass for each digit of 8 bits from the lowest
// on (least significant digit radix sort; D. E. Knuth, The Art of Computer Programming 3, 5.2.5), each pass stable. What is moved are
// positions; the key of one is its id, or V, behind all ids, for the padding id and for ids that name no row. No atomics: each warp counts
// in memory of its own, and lanes with the same digit find each other by votes. The result does not depend on the card.
// Source: EmbeddingOrder.cs, whose order it is.
#include "common.cuh"

#define RADIX 256
#define WARPS 8
#define ROUNDS 16
#define TILE (WARPS * ROUNDS * 32)  // SortTile of EmbeddingKernel.Cuda.cs; a warp has ROUNDS · 32 neighbouring positions
#define ALL 0xFFFFFFFFu

struct EmbeddingSort {
    const int* ids;
    const int* from;    // positions in the order so far; null for 0, 1, 2 …
    int* to;
    int* counts;        // (RADIX, tiles): of each digit in each tile; scanned, where in the result those of the tile begin
    int positions;
    int tiles;
    int rows;           // V
    int padding;        // −1 for none
    int shift;          // of the digit
    int stride;         // words from one id to the next
};

DEVICE u32 key_of(const int* ids, int position, int stride, int rows, int padding)
{
    int id = ids[(size_t)position * stride];
    return (u32)id < (u32)rows && id != padding ? (u32)id : (u32)rows;
}

// The lanes among those with "here" that have the same digit.
DEVICE u32 peers_of(u32 digit, bool here)
{
    u32 peers = __ballot_sync(ALL, here);
#pragma unroll
    for (int bit = 0; bit < 8; bit++) {
        bool is_set = (digit >> bit) & 1u;
        u32 others = __ballot_sync(ALL, is_set);
        peers &= is_set ? others : ~others;
    }
    return peers;
}

// A lane's positions, one of each round, and their digits.
struct Items {
    int positions[ROUNDS];
    u32 digits[ROUNDS];

    DEVICE bool has(const EmbeddingSort& a, int round) const { return place_of(round) < a.positions; }
    DEVICE static i64 place_of(int round)
    {
        return (i64)blockIdx.x * TILE + ((threadIdx.x >> 5) * ROUNDS + round) * 32 + (threadIdx.x & 31);
    }
};

// All at once, so that memory is waited for twice and not in each round.
DEVICE Items items_of(const EmbeddingSort& a)
{
    Items items = {};
#pragma unroll
    for (int round = 0; round < ROUNDS; round++)
        if (items.has(a, round))
            items.positions[round] = a.from == 0 ? (int)Items::place_of(round) : a.from[Items::place_of(round)];
#pragma unroll
    for (int round = 0; round < ROUNDS; round++)
        if (items.has(a, round))
            items.digits[round] = (key_of(a.ids, items.positions[round], a.stride, a.rows, a.padding) >> a.shift) & (RADIX - 1);
    return items;
}

DEVICE void clear(int* counter)
{
    for (int digit = threadIdx.x & 31; digit < RADIX; digit += 32)
        counter[digit] = 0;
    __syncwarp();
}

// counter[digit] += how many of the warp's have it.
DEVICE void count(u32 digit, bool here, u32 peers, int* counter)
{
    u32 before = peers & ((1u << (threadIdx.x & 31)) - 1);
    if (here && before == 0)
        counter[digit] += __popc(peers);
    __syncwarp();
}

DEVICE void count_all(const EmbeddingSort& a, const Items& items, int* counter)
{
    clear(counter);
#pragma unroll
    for (int round = 0; round < ROUNDS; round++) {
        bool here = items.has(a, round);
        count(items.digits[round], here, peers_of(items.digits[round], here), counter);
    }
}

// counts[digit, tile]. A block a tile.
KERNEL void embedding_count(EmbeddingSort a)
{
    __shared__ int counters[WARPS][RADIX];
    int* own = counters[threadIdx.x >> 5];
    count_all(a, items_of(a), own);
    __syncthreads();
    int sum = 0;
#pragma unroll
    for (int warp = 0; warp < WARPS; warp++)
        sum += counters[warp][threadIdx.x];
    a.counts[(size_t)threadIdx.x * a.tiles + blockIdx.x] = sum;
}

// counts[i] = Σ of those before, over all of (RADIX, tiles). One block, each thread a run of neighbours.
KERNEL void embedding_scan(EmbeddingSort a)
{
    __shared__ int sums[1024];
    size_t all = (size_t)RADIX * a.tiles, run = (all + blockDim.x - 1) / blockDim.x;
    size_t first = threadIdx.x * run < all ? threadIdx.x * run : all, end = first + run < all ? first + run : all;
    int sum = 0;
    for (size_t i = first; i < end; i++)
        sum += a.counts[i];
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (int step = 1; step < (int)blockDim.x; step <<= 1) {
        int before = (int)threadIdx.x >= step ? sums[threadIdx.x - step] : 0;
        __syncthreads();
        sums[threadIdx.x] += before;
        __syncthreads();
    }
    int running = sums[threadIdx.x] - sum;
    for (size_t i = first; i < end; i++) {
        int here = a.counts[i];
        a.counts[i] = running;
        running += here;
    }
}

// to[…] = the positions by digit. A block a tile.
KERNEL void embedding_place(EmbeddingSort a)
{
    __shared__ int counters[WARPS][RADIX];
    int* own = counters[threadIdx.x >> 5];
    const Items items = items_of(a);
    count_all(a, items, own);
    __syncthreads();
    int running = a.counts[(size_t)threadIdx.x * a.tiles + blockIdx.x];
#pragma unroll
    for (int warp = 0; warp < WARPS; warp++) {
        int here = counters[warp][threadIdx.x];
        counters[warp][threadIdx.x] = running;
        running += here;
    }
    __syncthreads();
#pragma unroll
    for (int round = 0; round < ROUNDS; round++) {
        u32 digit = items.digits[round];
        bool here = items.has(a, round);
        u32 peers = peers_of(digit, here);
        if (here)
            a.to[own[digit] + __popc(peers & ((1u << (threadIdx.x & 31)) - 1))] = items.positions[round];
        __syncwarp();
        count(digit, here, peers, own);
    }
}

struct EmbeddingStarts {
    const int* ids;
    const int* order;
    int* starts;        // (V + 1)
    int positions;
    int rows;
    int padding;
    int stride;
};

// starts[v] = how many positions have a key below v: where v's begin. A thread an id, then on by the size of the grid.
KERNEL void embedding_starts(EmbeddingStarts a)
{
    for (size_t id = thread_index(); id <= (size_t)a.rows; id += thread_count()) {
        int low = 0, high = a.positions;
        while (low < high) {
            int middle = low + (high - low) / 2;
            if (key_of(a.ids, a.order[middle], a.stride, a.rows, a.padding) < (u32)id)
                low = middle + 1;
            else
                high = middle;
        }
        a.starts[id] = low;
    }
}
