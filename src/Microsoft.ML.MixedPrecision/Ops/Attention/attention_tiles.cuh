// Tiles of a head for Tensor Cores: rows of HEAD 16-bit elements in shared memory, loaded and stored with bounds. A head of fewer columns
// than HEAD is filled up with zeros. Neighbouring rows have their 16-byte chunks exchanged, so that eight rows of one chunk lie in eight
// different groups of banks.
#pragma once
#include "attention.cuh"
#include "tensor_core.cuh"

#define WARP_ROWS 16
#define CHUNK 8

// Address of a chunk, in a tile of so many columns.
template <int Columns>
DEVICE u32 chunk_at(u32 tile, int row, int chunk)
{
    int exchange = Columns == 32 ? (row >> 1) & 3 : row & 7;
    return tile + row * (Columns * 2) + ((chunk ^ exchange) << 4);
}

// A lane's addresses for load_matrices: a as stored; a turned; b stored by its columns; b stored by its rows, turned.
template <int Columns>
DEVICE u32 a_at(u32 tile, int row, int k, int lane) { return chunk_at<Columns>(tile, row + (lane & 15), (k >> 3) + (lane >> 4)); }

template <int Columns>
DEVICE u32 a_turned_at(u32 tile, int row, int k, int lane)
{
    return chunk_at<Columns>(tile, k + ((lane >> 4) << 3) + (lane & 7), (row >> 3) + ((lane >> 3) & 1));
}

template <int Columns>
DEVICE u32 b_at(u32 tile, int column, int k, int lane)
{
    return chunk_at<Columns>(tile, column + ((lane >> 4) << 3) + (lane & 7), (k >> 3) + ((lane >> 3) & 1));
}

template <int Columns>
DEVICE u32 b_turned_at(u32 tile, int k, int column, int lane)
{
    return chunk_at<Columns>(tile, k + (((lane >> 3) & 1) << 3) + (lane & 7), (column >> 3) + (lane >> 4));
}

// Eight elements of a row, the first in the lowest bits.
template <class T>
DEVICE uint4 load_chunk(const Window<T>& from, int row, int chunk)
{
    const T* at = from.data + row * from.pitch + chunk * CHUNK;
    if (from.aligned)
        return from.has(row, chunk * CHUNK) ? *(const uint4*)at : make_uint4(0, 0, 0, 0);
    u32 words[4] = {};
    for (int i = 0; i < CHUNK; i++)
        if (from.has(row, chunk * CHUNK + i))
            words[i >> 1] |= (u32)at[i].bits << (16 * (i & 1));
    return make_uint4(words[0], words[1], words[2], words[3]);
}

template <class T>
DEVICE void store_chunk(const Window<T>& to, int row, int chunk, const uint4& words)
{
    T* at = to.data + row * to.pitch + chunk * CHUNK;
    if (to.aligned) {
        *(uint4*)at = words;
        return;
    }
    const u32 all[4] = { words.x, words.y, words.z, words.w };
    for (int i = 0; i < CHUNK; i++)
        if (to.has(row, chunk * CHUNK + i))
            at[i].bits = (u16)(all[i >> 1] >> (16 * (i & 1)));
}

// Begins to bring rows of a window into a tile; they are there after wait_copies and a barrier.
template <int Rows, int Threads, class T>
DEVICE void load_tile(u32 tile, const Window<T>& from)
{
    constexpr int Chunks = HEAD / CHUNK;
    static_assert(Rows * Chunks % Threads == 0, "every thread brings as many chunks");
    if (from.aligned) {
#pragma unroll
        for (int j = 0; j < Rows * Chunks / Threads; j++) {
            int i = (int)threadIdx.x + j * Threads, row = i / Chunks, chunk = i % Chunks;
            bool valid = from.has(row, chunk * CHUNK);
            copy16(chunk_at<HEAD>(tile, row, chunk), from.data + (valid ? row * from.pitch + chunk * CHUNK : 0), valid);
        }
    } else {
#pragma unroll 1
        for (int i = threadIdx.x; i < Rows * Chunks; i += Threads)
            store_shared(chunk_at<HEAD>(tile, i / Chunks, i % Chunks), load_chunk(from, i / Chunks, i % Chunks));
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
            u32 word = pack(x[n][2 * half] * factor, x[n][2 * half + 1] * factor, (const T_X*)0);
            store_shared(chunk_at<HEAD>(tile, row + (lane >> 2) + half * 8, column / 8 + n) + (lane & 3) * 4, real[half] ? word : 0u);
        }
}

// Writes rows of a tile to a window, 16 bytes at once where they are aligned. The threads that do it are numbered from 0.
template <int Rows, int Threads, class T>
DEVICE void store_tile(u32 tile, int thread, const Window<T>& to)
{
    constexpr int Chunks = HEAD / CHUNK;
#pragma unroll
    for (int j = 0; j < Rows * Chunks / Threads; j++) {
        int row = (thread + j * Threads) / Chunks, chunk = (thread + j * Threads) % Chunks;
        if (to.has(row, chunk * CHUNK))
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
DEVICE void multiply_rows(float (&scores)[Tiles][Columns / 8][4], const u32 (&a)[Tiles][HEAD / 16][4], u32 b, int lane)
{
#pragma unroll
    for (int k = 0; k < HEAD / 16; k++)
#pragma unroll
        for (int n = 0; n < Columns / 16; n++) {
            u32 part[4];
            load_matrices(part, b_at<HEAD>(b, n * 16, k * 16, lane));
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
    for (int k = 0; k < HEAD / 16; k++) {
        u32 rows[4];
        load_matrices(rows, a_at<HEAD>(a, row, k * 16, lane));
#pragma unroll
        for (int n = 0; n < Columns / 16; n++) {
            u32 part[4];
            load_matrices(part, b_at<HEAD>(b, n * 16, k * 16, lane));
            multiply(scores[2 * n], rows, part[0], part[1], (const T_X*)0);
            multiply(scores[2 * n + 1], rows, part[2], part[3], (const T_X*)0);
        }
    }
}

// sums += a·b, 16 rows of a warp each; the tile of b has the inner dimension as rows.
template <int Tiles, int Inner>
DEVICE void multiply_columns(float (&sums)[Tiles][HEAD / 8][4], const u32 (&a)[Tiles][Inner / 16][4], u32 b, int lane)
{
#pragma unroll
    for (int k = 0; k < Inner / 16; k++)
#pragma unroll
        for (int n = 0; n < HEAD / 16; n++) {
            u32 part[4];
            load_matrices_turned(part, b_turned_at<HEAD>(b, k * 16, n * 16, lane));
#pragma unroll
            for (int t = 0; t < Tiles; t++) {
                multiply(sums[t][2 * n], a[t][k], part[0], part[1], (const T_X*)0);
                multiply(sums[t][2 * n + 1], a[t][k], part[2], part[3], (const T_X*)0);
            }
        }
}

// 16 rows of a tile as the first operand.
DEVICE void load_rows(u32 (&a)[HEAD / 16][4], u32 tile, int row, int lane)
{
#pragma unroll
    for (int k = 0; k < HEAD / 16; k++)
        load_matrices(a[k], a_at<HEAD>(tile, row, k * 16, lane));
}

// A lane's part of 16 rows of a result as the first operand of the next product.
template <int Columns>
DEVICE void round_operand(const float (&x)[Columns / 8][4], u32 (&rounded)[Columns / 16][4])
{
#pragma unroll
    for (int n = 0; n < Columns / 8; n++)
#pragma unroll
        for (int half = 0; half < 2; half++)
            rounded[n >> 1][(n & 1) * 2 + half] = pack(x[n][2 * half], x[n][2 * half + 1], (const T_X*)0);
}
