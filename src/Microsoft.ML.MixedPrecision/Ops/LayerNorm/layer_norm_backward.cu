// Backward of a layer normalisation in one pass over x and dy: with x̂ = (x − µ₀ − δ)·r, n = γ·x̂ + β, dn = dy ⊙ act′(n) and g = γ·dn
// dx = (g − mean(g) − x̂·mean(g·x̂))·r, and sums over rows of dn·x̂ (for dγ) and of dn (for dβ). -DACTIVATION says which.
// x, dy, dx: (N, C) T_X, T_DY, T_DX; dx or null; statistics: (N, 3) Float32; γ, β: (1, C) Float32;
// sums: (blocks, 2, C) Float32 for layer_norm_total.cu, or null. Float32 arithmetic, one rounding.
// A block does every gridDim.x-th row, at least one, each thread the same ITEMS columns of each, whose sums it keeps in registers; the next row
// is asked for before this one is worked on. Source: LayerNormKernel.cs.
// macros: T_X T_DY T_DX ACTIVATION ITEMS
#include "layer_norm.cuh"

#define PIECES (ITEMS / VECTOR)

struct LayerNormBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    Matrix<const float> statistics;
    ScaleShift parameters;
    float* sums;
    int rows;
    int columns;
};

// A thread's columns of a row, as they come from memory.
struct Row {
    Packed<T_X> x[PIECES];
    Packed<T_DY> dy[PIECES];
    Statistics statistics;
};

DEVICE void request(const LayerNormBackward& a, size_t row, Row& to)
{
#pragma unroll
    for (int i = 0; i < PIECES; i++) {
        int column = column_of(i), count = a.columns - column;
        to.x[i] = load_packed(a.x.at(row, column), count, a.x.is_aligned());
        to.dy[i] = load_packed(a.dy.at(row, column), count, a.dy.is_aligned());
    }
    to.statistics = load_statistics(a.statistics, row);
}

// Sums over the rows of a block for eight columns.
struct ColumnSums {
    float dscale[VECTOR], dshift[VECTOR];
};

// x̂ and g of eight columns of the row at hand.
struct Piece {
    float normalized[VECTOR], g[VECTOR];
};

DEVICE void open_piece(const LayerNormBackward& a, int index, const Row& row, Piece& piece, ColumnSums& columns, Pair& sums)
{
    int column = column_of(index), count = a.columns - column;
    if (count <= 0)
        return;
    float dy[VECTOR], scale[VECTOR], shift[VECTOR];
    unpack(row.x[index], piece.normalized);
    unpack(row.dy[index], dy);
    a.parameters.load_piece(column, count, scale, shift);
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        piece.normalized[j] = normalize(piece.normalized[j], row.statistics);
    // Behind the end dy and γ are 0; x̂, which could be infinite, must not make NaN of them.
    fill_behind(count, 0.0f, piece.normalized);
#pragma unroll
    for (int j = 0; j < VECTOR; j++) {
        float x = piece.normalized[j];
        float dn = gradient_before_activation(dy[j], fmaf(scale[j], x, shift[j]));
        columns.dscale[j] = fmaf(dn, x, columns.dscale[j]);
        columns.dshift[j] += dn;
        piece.g[j] = scale[j] * dn;
        sums.first += piece.g[j];
        sums.second = fmaf(piece.g[j], x, sums.second);
    }
}

DEVICE void store_input_gradient(const LayerNormBackward& a, size_t row, const Piece (&pieces)[PIECES], const Pair& means, float r)
{
#pragma unroll
    for (int i = 0; i < PIECES; i++) {
        float dx[VECTOR];
#pragma unroll
        for (int j = 0; j < VECTOR; j++)
            dx[j] = fmaf(pieces[i].normalized[j], -means.second, pieces[i].g[j] - means.first) * r;
        store(a.dx, Place{ row, column_of(i), a.columns - column_of(i) }, dx);
    }
}

KERNEL void __launch_bounds__(32 * MOST_WARPS) layer_norm_backward(LayerNormBackward a)
{
    __shared__ float room[2][2 * MOST_WARPS];
    float inverse = 1.0f / (float)a.columns;
    ColumnSums columns[PIECES] = {};
    Row next;
    request(a, blockIdx.x, next);
    int turn = 0;
    for (size_t i = blockIdx.x; i < (size_t)a.rows; i += gridDim.x) {
        Row row = next;
        if (i + gridDim.x < (size_t)a.rows)
            request(a, i + gridDim.x, next);
        Piece pieces[PIECES] = {};
        Pair sums = {};
#pragma unroll
        for (int j = 0; j < PIECES; j++)
            open_piece(a, j, row, pieces[j], columns[j], sums);
        if (a.dx.data != 0) {
            sums = block_sums(sums, room[turn]);
            turn ^= 1;
            store_input_gradient(a, i, pieces, Pair{ sums.first * inverse, sums.second * inverse }, row.statistics.r);
        }
    }
    if (a.sums == 0)
        return;
    Matrix<float> to = { a.sums, (size_t)a.columns };
#pragma unroll
    for (int j = 0; j < PIECES; j++) {
        int column = column_of(j), count = a.columns - column;
        store(to, Place{ 2 * (size_t)blockIdx.x, column, count }, columns[j].dscale);
        store(to, Place{ 2 * (size_t)blockIdx.x + 1, column, count }, columns[j].dshift);
    }
}
