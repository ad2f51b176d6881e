// yᵢⱼ = e^(xᵢⱼ − maxⱼ xᵢⱼ) / Σⱼ e^(xᵢⱼ − maxⱼ xᵢⱼ), in Float32. x, y: (N, C) Float32; y may be x. A NaN or +∞ makes its row NaN.
// One warp does a row, then goes on by the size of the grid. Source: Softmax.cs.
#include "common.cuh"

struct Softmax {
    Matrix<const float> x;
    Matrix<float> y;
    int rows;
    int columns;
};

KERNEL void softmax(Softmax a)
{
    int lane = threadIdx.x & 31;
    for (size_t row = thread_index() >> 5; row < (size_t)a.rows; row += thread_count() >> 5) {
        const float* x = a.x.at(row, 0);
        float* y = a.y.at(row, 0);
        float largest = of_bits(0xFF800000u);
        for (int j = lane; j < a.columns; j += 32)
            largest = x[j] > largest ? x[j] : largest;
        largest = warp_largest(largest);

        float sum = 0;
        for (int j = lane; j < a.columns; j += 32) {
            float e = exponential(x[j] - largest);
            y[j] = e;
            sum += e;
        }
        sum = warp_sum(sum);
        for (int j = lane; j < a.columns; j += 32)
            y[j] /= sum;
    }
}
