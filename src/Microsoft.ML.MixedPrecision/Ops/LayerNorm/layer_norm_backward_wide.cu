// Backward of a layer normalisation whose rows are too wide for layer_norm_backward.cu to hold; the same formulas and tensors, x and dy
// read three times. layer_norm_input_wide: a block does a row of dx, then goes on by the size of the grid.
// layer_norm_parameters_wide: a thread adds up 8 columns of every gridDim.y-th row, at least one, into sums: (gridDim.y, 2, C).
// Source: LayerNormKernel.cs.
// macros: T_X T_DY T_DX ACTIVATION
#include "layer_norm.cuh"

struct LayerNormBackwardWide {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    Matrix<const float> statistics;
    ScaleShift parameters;
    float* sums;
    int rows;
    int columns;
};

// x̂ and dn of eight columns of a row, with γ; all 0 behind the row's end.
struct Piece {
    float normalized[VECTOR], dn[VECTOR], scale[VECTOR];
};

DEVICE Piece read_piece(const LayerNormBackwardWide& a, size_t row, int column, const Statistics& statistics)
{
    Piece piece;
    float shift[VECTOR];
    int count = a.columns - column;
    load(a.x.at(row, column), count, a.x.is_aligned(), piece.normalized);
    load(a.dy.at(row, column), count, a.dy.is_aligned(), piece.dn);
    a.parameters.load_piece(column, count, piece.scale, shift);
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        piece.normalized[j] = normalize(piece.normalized[j], statistics);
    fill_behind(count, 0.0f, piece.normalized);
#pragma unroll
    for (int j = 0; j < VECTOR; j++)
        piece.dn[j] = gradient_before_activation(piece.dn[j], fmaf(piece.scale[j], piece.normalized[j], shift[j]));
    return piece;
}

KERNEL void __launch_bounds__(32 * MOST_WARPS) layer_norm_input_wide(LayerNormBackwardWide a)
{
    __shared__ float room[2][2 * MOST_WARPS];
    float inverse = 1.0f / (float)a.columns;
    int first = (int)threadIdx.x * VECTOR, step = (int)blockDim.x * VECTOR;
    int turn = 0;
    for (size_t row = blockIdx.x; row < (size_t)a.rows; row += gridDim.x) {
        Statistics statistics = load_statistics(a.statistics, row);
        Pair sums = {};
        for (int column = first; column < a.columns; column += step) {
            Piece piece = read_piece(a, row, column, statistics);
#pragma unroll
            for (int j = 0; j < VECTOR; j++) {
                float g = piece.scale[j] * piece.dn[j];
                sums.first += g;
                sums.second = fmaf(g, piece.normalized[j], sums.second);
            }
        }
        sums = block_sums(sums, room[turn]);
        turn ^= 1;
        float mean = sums.first * inverse, slope = sums.second * inverse;
        for (int column = first; column < a.columns; column += step) {
            Piece piece = read_piece(a, row, column, statistics);
            float dx[VECTOR];
#pragma unroll
            for (int j = 0; j < VECTOR; j++)
                dx[j] = fmaf(piece.normalized[j], -slope, piece.scale[j] * piece.dn[j] - mean) * statistics.r;
            store(a.dx, Place{ row, column, a.columns - column }, dx);
        }
    }
}

KERNEL void __launch_bounds__(128) layer_norm_parameters_wide(LayerNormBackwardWide a)
{
    int column = (int)thread_index() * VECTOR;
    if (column >= a.columns)
        return;
    float dscale[VECTOR] = {}, dshift[VECTOR] = {};
    for (size_t row = blockIdx.y; row < (size_t)a.rows; row += gridDim.y) {
        Piece piece = read_piece(a, row, column, load_statistics(a.statistics, row));
#pragma unroll
        for (int j = 0; j < VECTOR; j++) {
            dscale[j] = fmaf(piece.dn[j], piece.normalized[j], dscale[j]);
            dshift[j] += piece.dn[j];
        }
    }
    Matrix<float> to = { a.sums, (size_t)a.columns };
    store(to, Place{ 2 * (size_t)blockIdx.y, column, a.columns - column }, dscale);
    store(to, Place{ 2 * (size_t)blockIdx.y + 1, column, a.columns - column }, dshift);
}
