// y of row r: of each number i < n and bin t min(max((x − lower)·factor, 0), 1), without the lower bound in the first bin and the upper one in the
// last; then x's columns from n on. x: (N, C) T_X; y: (N, n·T + C − n) T_Y; lower, factor: (n, T) Float32. Float32 arithmetic, one rounding.
// A thread does one element of y, then goes on by the size of the grid. Source: PiecewiseJob.Cpu.cs, bit for bit.
// macros: T_X T_Y
#include "common.cuh"

struct PiecewiseForward {
    Matrix<const T_X> x;
    Matrix<T_Y> y;
    const float* lower;
    const float* factor;
    int rows;
    int columns;    // of y
    int count;      // n
    int bins;       // T
};

DEVICE float share_of(const PiecewiseForward& a, float x, int column, int bin)
{
    float share = (x - a.lower[column]) * a.factor[column];
    if (bin > 0)
        share = 0.0f > share ? 0.0f : share;
    float most = bin < a.bins - 1 ? 1.0f : 3.40282347e+38f;
    return share > most ? most : share;
}

KERNEL void piecewise_forward(PiecewiseForward a)
{
    size_t work = (size_t)a.rows * a.columns;
    int embedded = a.count * a.bins;
    for (size_t index = thread_index(); index < work; index += thread_count()) {
        size_t row = quotient(index, (u32)a.columns);
        int column = (int)(index - row * a.columns);
        int feature = column / a.bins;
        float value = column < embedded
            ? share_of(a, to_float(*a.x.at(row, feature)), column, column - feature * a.bins)
            : to_float(*a.x.at(row, column - embedded + a.count));
        round_to(value, *a.y.at(row, column));
    }
}
