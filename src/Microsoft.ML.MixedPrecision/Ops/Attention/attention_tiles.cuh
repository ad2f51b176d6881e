// Tiles of a head for Tensor Cores: rows of HEAD elements of 16 bits, or of 32 for TensorFloat32, in shared memory, loaded and stored with
// bounds. A head of fewer columns than HEAD is filled up with zeros. Neighbouring rows have their 16-byte chunks exchanged, so that eight
// rows of one chunk lie in eight different groups of banks; and so do eight words of each of four rows of 32 bits, every other one.
// TensorFloat32's operands are rounded in the tile, once for all warps (settle_tile), or in registers where one warp alone reads them.
#pragma once
#include "attention.cuh"
#include "tensor_core.cuh"

#define WARP_ROWS 16

constexpr int ElementBytes = (int)sizeof(T_X), Chunk = 16 / ElementBytes;
constexpr bool IsWide = ElementBytes == 4;

// Columns of the first operand, rows of the second, of one product: K columns of a head are K/Depth of them.
constexpr int Depth = 2 * Chunk;

// Rows of what passes through shared memory: 8 KiB of a head, at most 64.
constexpr int StageRows = 8192 / (HEAD * ElementBytes) < 64 ? 8192 / (HEAD * ElementBytes) : 64;

// Address of a chunk, in a tile of so many columns.
template <int Columns>
DEVICE u32 chunk_at(u32 tile, int row, int chunk)
{
    int exchange = Columns * ElementBytes == 64 ? (row >> 1) & 3 : row & 7;
    return tile + row * (Columns * ElementBytes) + ((chunk ^ exchange) << 4);
}

// Address of a pair of neighbours, the first of an even column.
template <int Columns>
DEVICE u32 pair_at(u32 tile, int row, int column)
{
    return chunk_at<Columns>(tile, row, column / Chunk) + column % Chunk * ElementBytes;
}

// A lane's address for load_matrices: a as stored, b stored by its columns.
template <int Columns>
DEVICE u32 a_at(u32 tile, int row, int k, int lane) { return chunk_at<Columns>(tile, row + (lane & 15), k / Chunk + (lane >> 4)); }

template <int Columns>
DEVICE u32 b_at(u32 tile, int column, int k, int lane)
{
    return chunk_at<Columns>(tile, column + ((lane >> 4) << 3) + (lane & 7), k / Chunk + ((lane >> 3) & 1));
}

// Operands from tiles whose rows are the inner dimension: a of 16 rows, b of 16 columns. Matrices of 32 bits are not turned on the way: a
// lane reads its words one by one. The inner dimension's place lane mod 4 then is row 2·(lane mod 4), that plus 4 the row behind: so do
// results of a product lie, as round_operand makes an operand of them.
template <int Columns>
DEVICE void load_a_turned(u32 (&a)[4], u32 tile, int row, int k, int lane)
{
    if constexpr (IsWide) {
#pragma unroll
        for (int i = 0; i < 4; i++)
            a[i] = load_shared_word(pair_at<Columns>(tile, k + 2 * (lane & 3) + (i >> 1), row + (lane >> 2) + 8 * (i & 1)));
    } else {
        load_matrices_turned(a, chunk_at<Columns>(tile, k + ((lane >> 4) << 3) + (lane & 7), row / Chunk + ((lane >> 3) & 1)));
    }
}

template <int Columns>
DEVICE void load_b_turned(u32 (&b)[4], u32 tile, int k, int column, int lane)
{
    if constexpr (IsWide) {
#pragma unroll
        for (int i = 0; i < 4; i++)
            b[i] = load_shared_word(pair_at<Columns>(tile, k + 2 * (lane & 3) + (i & 1), column + (lane >> 2) + 8 * (i >> 1)));
    } else {
        load_matrices_turned(b, chunk_at<Columns>(tile, k + (((lane >> 3) & 1) << 3) + (lane & 7), column / Chunk + (lane >> 4)));
    }
}

// An element's bits as they are stored.
template <class T> DEVICE u32 raw(T x) { return x.bits; }
DEVICE u32 raw(float x) { return bits_of(x); }
template <class T> DEVICE void set_raw(T& x, u32 bits) { x.bits = bits; }
DEVICE void set_raw(float& x, u32 bits) { x = of_bits(bits); }
DEVICE void set_raw(float16& x, u32 bits) { x.bits = (u16)bits; }
DEVICE void set_raw(bfloat16& x, u32 bits) { x.bits = (u16)bits; }

// A chunk of a row, the first element in the lowest bits.
template <class T>
DEVICE uint4 load_chunk(const Window<T>& from, int row, int chunk)
{
    const T* at = from.data + row * from.pitch + chunk * Chunk;
    if (from.aligned)
        return from.has(row, chunk * Chunk) ? *(const uint4*)at : make_uint4(0, 0, 0, 0);
    u32 words[4] = {};
    for (int i = 0; i < Chunk; i++)
        if (from.has(row, chunk * Chunk + i))
            words[i * ElementBytes / 4] |= raw(at[i]) << (8 * ElementBytes * i & 31);
    return make_uint4(words[0], words[1], words[2], words[3]);
}

template <class T>
DEVICE void store_chunk(const Window<T>& to, int row, int chunk, const uint4& words)
{
    T* at = to.data + row * to.pitch + chunk * Chunk;
    if (to.aligned) {
        *(uint4*)at = words;
        return;
    }
    const u32 all[4] = { words.x, words.y, words.z, words.w };
    for (int i = 0; i < Chunk; i++)
        if (to.has(row, chunk * Chunk + i))
            set_raw(at[i], all[i * ElementBytes / 4] >> (8 * ElementBytes * i & 31));
}

// Begins to bring rows of a window into a tile; they are there after wait_copies and a barrier.
template <int Rows, int Threads, class T>
DEVICE void load_tile(u32 tile, const Window<T>& from)
{
    constexpr int Chunks = HEAD / Chunk;
    static_assert(Rows * Chunks % Threads == 0, "every thread brings as many chunks");
    if (from.aligned) {
#pragma unroll
        for (int j = 0; j < Rows * Chunks / Threads; j++) {
            int i = (int)threadIdx.x + j * Threads, row = i / Chunks, chunk = i % Chunks;
            bool valid = from.has(row, chunk * Chunk);
            copy16(chunk_at<HEAD>(tile, row, chunk), from.data + (valid ? row * from.pitch + chunk * Chunk : 0), valid);
        }
    } else {
#pragma unroll 1
        for (int i = threadIdx.x; i < Rows * Chunks; i += Threads)
            store_shared(chunk_at<HEAD>(tile, i / Chunks, i % Chunks), load_chunk(from, i / Chunks, i % Chunks));
    }
}

// Rounds what this thread has brought of a tile, after wait_copies and before the barrier.
template <int Rows, int Threads>
DEVICE void settle_tile(u32 tile)
{
    if constexpr (IsWide) {
        constexpr int Chunks = HEAD / Chunk;
#pragma unroll 4
        for (int i = threadIdx.x; i < Rows * Chunks; i += Threads) {
            const u32 at = chunk_at<HEAD>(tile, i / Chunks, i % Chunks);
            const uint4 x = load_shared(at);
            store_shared(
                at, make_uint4(round_tensorfloat32(x.x), round_tensorfloat32(x.y), round_tensorfloat32(x.z), round_tensorfloat32(x.w)));
        }
    }
}

// Puts a warp's 16 rows of a result into its own rows of a tile, each times a factor where it is real and 0 where it is not: a lane's rows
// are lane/4 and lane/4 + 8, its columns from a multiple of 8 on.
template <int Columns>
DEVICE void put_rows(u32 tile, int row, int column, int lane, const float (&x)[Columns / 8][4], float factor, const bool (&real)[2])
{
#pragma unroll
    for (int n = 0; n < Columns / 8; n++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const u32 at = pair_at<HEAD>(tile, row + (lane >> 2) + half * 8, column + n * 8 + 2 * (lane & 3));
            const float first = x[n][2 * half] * factor, second = x[n][2 * half + 1] * factor;
            if constexpr (IsWide)
                store_shared(at, real[half] ? bits_of(first) : 0u, real[half] ? bits_of(second) : 0u);
            else
                store_shared(at, real[half] ? pack(first, second, (const T_X*)0) : 0u);
        }
}

// Writes rows of a tile to a window, 16 bytes at once where they are aligned. The threads that do it are numbered from 0.
template <int Rows, int Threads, class T>
DEVICE void store_tile(u32 tile, int thread, const Window<T>& to)
{
    constexpr int Chunks = HEAD / Chunk;
#pragma unroll
    for (int j = 0; j < Rows * Chunks / Threads; j++) {
        int row = (thread + j * Threads) / Chunks, chunk = (thread + j * Threads) % Chunks;
        if (to.has(row, chunk * Chunk))
            store_chunk(to, row, chunk, load_shared(chunk_at<HEAD>(tile, row, chunk)));
    }
}

// Both, for 16 rows of a tile that are one warp's alone.
template <class T>
DEVICE void store_rows(u32 tile, int lane, const float (&x)[HEAD / 8][4], float factor, const bool (&real)[2], const Window<T>& to)
{
    __syncwarp();
    put_rows<HEAD>(tile, 0, 0, lane, x, factor, real);
    __syncwarp();
    store_tile<WARP_ROWS, 32>(tile, lane, to);
}

// scores += a·bᵀ, 16 rows of a warp each; the tile of b has its columns as rows.
template <int Tiles, int Columns>
DEVICE void multiply_rows(float (&scores)[Tiles][Columns / 8][4], const u32 (&a)[Tiles][HEAD / Depth][4], u32 b, int lane)
{
#pragma unroll
    for (int k = 0; k < HEAD / Depth; k++)
#pragma unroll
        for (int n = 0; n < Columns / 16; n++) {
            u32 part[4];
            load_matrices(part, b_at<HEAD>(b, n * 16, k * Depth, lane));
#pragma unroll
            for (int t = 0; t < Tiles; t++) {
                multiply(scores[t][2 * n], a[t][k], part[0], part[1], (const T_X*)0);
                multiply(scores[t][2 * n + 1], a[t][k], part[2], part[3], (const T_X*)0);
            }
        }
}

// The same of 16 rows that are read from their tile as they are needed.
template <int Columns>
DEVICE void multiply_rows_of(float (&scores)[Columns / 8][4], u32 a, int row, u32 b, int lane)
{
#pragma unroll
    for (int k = 0; k < HEAD / Depth; k++) {
        u32 rows[4];
        load_matrices(rows, a_at<HEAD>(a, row, k * Depth, lane));
#pragma unroll
        for (int n = 0; n < Columns / 16; n++) {
            u32 part[4];
            load_matrices(part, b_at<HEAD>(b, n * 16, k * Depth, lane));
            multiply(scores[2 * n], rows, part[0], part[1], (const T_X*)0);
            multiply(scores[2 * n + 1], rows, part[2], part[3], (const T_X*)0);
        }
    }
}

// sums += a·b, 16 rows of a warp each; the tile of b has the inner dimension as rows.
template <int Tiles, int Inner>
DEVICE void multiply_columns(float (&sums)[Tiles][HEAD / 8][4], const u32 (&a)[Tiles][Inner / Depth][4], u32 b, int lane)
{
#pragma unroll
    for (int k = 0; k < Inner / Depth; k++)
#pragma unroll
        for (int n = 0; n < HEAD / 16; n++) {
            u32 part[4];
            load_b_turned<HEAD>(part, b, k * Depth, n * 16, lane);
#pragma unroll
            for (int t = 0; t < Tiles; t++) {
                multiply(sums[t][2 * n], a[t][k], part[0], part[1], (const T_X*)0);
                multiply(sums[t][2 * n + 1], a[t][k], part[2], part[3], (const T_X*)0);
            }
        }
}

// 16 rows of a tile as the first operand, as they are stored.
DEVICE void load_rows(u32 (&a)[HEAD / Depth][4], u32 tile, int row, int lane)
{
#pragma unroll
    for (int k = 0; k < HEAD / Depth; k++)
        load_matrices(a[k], a_at<HEAD>(tile, row, k * Depth, lane));
}

// The same rounded, where the tile has not been settled.
DEVICE void round_rows(u32 (&a)[HEAD / Depth][4])
{
    if constexpr (IsWide) {
#pragma unroll
        for (int k = 0; k < HEAD / Depth; k++)
#pragma unroll
            for (int i = 0; i < 4; i++)
                a[k][i] = round_tensorfloat32(a[k][i]);
    }
}

// A lane's part of 16 rows of a result as the first operand of the next product.
template <int Columns>
DEVICE void round_operand(const float (&x)[Columns / 8][4], u32 (&rounded)[Columns / Depth][4])
{
#pragma unroll
    for (int n = 0; n < Columns / 8; n++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            if constexpr (IsWide) {
                rounded[n][half] = round_tensorfloat32(bits_of(x[n][2 * half]));
                rounded[n][2 + half] = round_tensorfloat32(bits_of(x[n][2 * half + 1]));
            } else {
                rounded[n >> 1][(n & 1) * 2 + half] = pack(x[n][2 * half], x[n][2 * half + 1], (const T_X*)0);
            }
        }
}
