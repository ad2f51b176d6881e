// Attention in Float32 arithmetic, for every format, card and size of heads: 256 threads hold 64 × 64 scores, 4 × 4 a thread, and
// 64 × COLUMNS sums, 4 × 4 or 4 × 8 a thread. Operands pass through shared memory as Float32, 32 columns of a head at a time. Wider heads
// are parts of COLUMNS columns, a block each, that make the scores again.
#pragma once
#include "attention.cuh"

#define PLAIN_THREADS 256
#define PLAIN_ROWS 64

constexpr int Depth = 32, Inner = 2048 / COLUMNS, DepthPitch = Depth + 4, ScorePitch = PLAIN_ROWS + 4;

// Sums of a thread in a row, four neighbours each in 64 columns; blocks of a multiprocessor that leave registers enough.
constexpr int Sums = COLUMNS / 16, Blocks = COLUMNS == 64 ? 2 : 1;

struct __align__(16) PlainMemory {
    float left[PLAIN_ROWS][DepthPitch];
    float right[PLAIN_ROWS][DepthPitch];    // in the order of column_slot
    float scores[PLAIN_ROWS][ScorePitch];
    float wide[Inner][COLUMNS];
};

// A thread's place: its 4 rows and columns of scores are those of two draws of the dropout.
DEVICE int plain_x() { return threadIdx.x & 15; }
DEVICE int plain_y() { return threadIdx.x >> 4; }
DEVICE int score_row(int r) { return (plain_y() & 7) + 8 * r + 32 * (plain_y() >> 3); }
DEVICE int score_column(int c) { return 16 * (plain_x() >> 2) + 2 * (plain_x() & 3) + (c & 1) + 8 * (c >> 1); }
// Where score_column(c) lies, so that neighbouring threads read neighbouring rows: plain_x() + 16·c.
DEVICE int column_slot(int column) { return 4 * (column >> 4) + ((column & 7) >> 1) + 16 * ((column & 1) + 2 * ((column >> 3) & 1)); }
DEVICE int sum_column(int c) { return 4 * plain_x() + (c & 3) + 64 * (c >> 2); }

template <class T>
DEVICE float round_operand(float x)
{
    T rounded;
    round_to(x, rounded);
    return to_float(rounded);
}

DEVICE float4 load4(const float* from) { return *(const float4*)from; }

// Eight elements of a window into shared memory, zeros outside of it.
template <class T>
DEVICE void bring(float* to, const Window<T>& from, int row, int column)
{
    float x[VECTOR];
    int count = row < from.rows ? from.columns - column : 0;
    load(count > 0 ? from.data + row * from.pitch + column : from.data, count, from.aligned, x);
#pragma unroll
    for (int i = 0; i < VECTOR; i += 4)
        *(float4*)(to + i) = make_float4(x[i], x[i + 1], x[i + 2], x[i + 3]);
}

// a·bᵀ of 64 rows each.
template <class T>
DEVICE void plain_scores(PlainMemory& memory, const Window<T>& a, const Window<T>& b, float (&scores)[4][4])
{
#pragma unroll
    for (int r = 0; r < 4; r++)
#pragma unroll
        for (int c = 0; c < 4; c++)
            scores[r][c] = 0.0f;
    for (int column = 0; column < a.columns; column += Depth) {
        const int row = threadIdx.x / 4, part = threadIdx.x % 4 * VECTOR;
        __syncthreads();
        bring(&memory.left[row][part], a, row, column + part);
        bring(&memory.right[column_slot(row)][part], b, row, column + part);
        __syncthreads();
#pragma unroll 2
        for (int k = 0; k < Depth; k += 4) {
            float4 left[4], right[4];
#pragma unroll
            for (int r = 0; r < 4; r++) {
                left[r] = load4(&memory.left[score_row(r)][k]);
                right[r] = load4(&memory.right[plain_x() + 16 * r][k]);
            }
#pragma unroll
            for (int r = 0; r < 4; r++)
#pragma unroll
                for (int c = 0; c < 4; c++) {
                    float sum = fmaf(left[r].x, right[c].x, scores[r][c]);
                    sum = fmaf(left[r].y, right[c].y, sum);
                    sum = fmaf(left[r].z, right[c].z, sum);
                    scores[r][c] = fmaf(left[r].w, right[c].w, sum);
                }
        }
    }
}

// Leaves a tile in shared memory, as an operand of plain_add.
template <class T>
DEVICE void put_scores(PlainMemory& memory, const float (&scores)[4][4])
{
    __syncthreads();
#pragma unroll
    for (int r = 0; r < 4; r++)
#pragma unroll
        for (int c = 0; c < 4; c++)
            memory.scores[score_row(r)][score_column(c)] = round_operand<T>(scores[r][c]);
}

// sums += s·b, or sᵀ·b, with the tile s in shared memory and COLUMNS columns of b's 64 rows.
template <bool Turned, class T>
DEVICE void plain_add(PlainMemory& memory, const Window<T>& b, float (&sums)[4][Sums])
{
    for (int first = 0; first < PLAIN_ROWS; first += Inner) {
        constexpr int Across = COLUMNS / VECTOR;
        const int row = threadIdx.x / Across, column = threadIdx.x % Across * VECTOR;
        __syncthreads();
        bring(&memory.wide[row][column], b, first + row, column);
        __syncthreads();
#pragma unroll 4
        for (int k = 0; k < Inner; k++) {
            float columns[Sums];
#pragma unroll
            for (int c = 0; c < Sums; c += 4) {
                const float4 four = load4(&memory.wide[k][sum_column(c)]);
                columns[c] = four.x, columns[c + 1] = four.y, columns[c + 2] = four.z, columns[c + 3] = four.w;
            }
#pragma unroll
            for (int r = 0; r < 4; r++) {
                const float s = Turned ? memory.scores[first + k][score_row(r)] : memory.scores[score_row(r)][first + k];
#pragma unroll
                for (int c = 0; c < Sums; c++)
                    sums[r][c] = fmaf(s, columns[c], sums[r][c]);
            }
        }
    }
}

// The scale of each kept element of a tile of scores and 0 for the dropped ones; i and j are the tile's first row and column.
template <class T>
DEVICE void plain_kept(const Attention<T>& a, const Draws& draws, int i, int j, float (&kept)[4][4])
{
#pragma unroll
    for (int q = 0; q < 2; q++) {
        int row = i / 16 + 2 * (plain_y() >> 3) + q, group = (j / 16 + (plain_x() >> 2)) * 32 + 4 * (plain_y() & 7) + (plain_x() & 3);
        PhiloxWords words = {};
        if (a.dropout.position != 0)
            words = draws.words(row, group);
#pragma unroll
        for (int n = 0; n < 8; n++) {
            bool keeps = a.dropout.position == 0 || draws.keeps(words.x[n >> 1] >> (16 * (n & 1)));
            kept[2 * q + (n >> 2)][n & 3] = keeps ? draws.scale : 0.0f;
        }
    }
}

template <class T>
DEVICE Draws plain_draws(const Attention<T>& a, const Head& head)
{
    Draws none = {};
    none.scale = 1.0f;
    return a.dropout.position == 0 ? none : draws_of(a, head);
}

// Writes 64 rows of sums; those behind the length become 0.
template <class T>
DEVICE void plain_store(const Window<T>& to, const float (&sums)[4][Sums], float factor, int real)
{
#pragma unroll
    for (int r = 0; r < 4; r++)
#pragma unroll
        for (int c = 0; c < Sums; c++) {
            int row = score_row(r), column = sum_column(c);
            if (to.has(row, column))
                round_to(row < real ? sums[r][c] * factor : 0.0f, to.data[row * to.pitch + column]);
        }
}
