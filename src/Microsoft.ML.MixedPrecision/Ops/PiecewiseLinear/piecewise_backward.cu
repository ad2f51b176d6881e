// Backward of piecewise_forward.cu: dxᵢ = Σₜ dyₜ·factorₜ over the bins whose bounds do not hold, in order; for columns from n on their dy.
// x, dy, dx: T_X, T_DY, T_DX; lower, factor: (n, T) Float32. Float32 arithmetic, one rounding.
// A thread does one element of dx, then goes on by the size of the grid. Source: PiecewiseJob.Cpu.cs, bit for bit.
// macros: T_X T_DY T_DX
#include "common.cuh"

struct PiecewiseBackward {
    Matrix<const T_X> x;
    Matrix<const T_DY> dy;
    Matrix<T_DX> dx;
    const float* lower;
    const float* factor;
    int rows;
    int columns;    // of x
    int count;      // n
    int bins;       // T
};

DEVICE float slope_of(const PiecewiseBackward& a, size_t row, int feature)
{
    float x = to_float(*a.x.at(row, feature)), slope = 0;
    for (int t = 0; t < a.bins; t++) {
        int column = feature * a.bins + t;
        float share = (x - a.lower[column]) * a.factor[column];
        bool is_bound = (t > 0 && share < 0) || (t < a.bins - 1 && share > 1);
        float next = fmaf(to_float(*a.dy.at(row, column)), a.factor[column], slope);
        slope = is_bound ? slope : next;
    }
    return slope;
}

KERNEL void piecewise_backward(PiecewiseBackward a)
{
    size_t work = (size_t)a.rows * a.columns;
    for (size_t index = thread_index(); index < work; index += thread_count()) {
        size_t row = quotient(index, (u32)a.columns);
        int column = (int)(index - row * a.columns);
        float value = column < a.count
            ? slope_of(a, row, column)
            : to_float(*a.dy.at(row, column - a.count + a.count * a.bins));
        round_to(value, *a.dx.at(row, column));
    }
}
