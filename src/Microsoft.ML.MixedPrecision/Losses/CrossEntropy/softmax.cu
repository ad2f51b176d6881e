// yᵢⱼ = e^(xᵢⱼ − maxⱼ xᵢⱼ) / Σⱼ e^(xᵢⱼ − maxⱼ xᵢⱼ), in Float32. x, y: (N, C) Float32; y may be x. A NaN or +∞ makes its row NaN.
// One warp does a row, then goes on by the size of the grid. Source: Softmax.cs.
#include "common.cuh"

KERNEL void softmax(const float* x, size_t x_pitch, float* y, size_t y_pitch, int rows, int columns)
{
    int lane = threadIdx.x & 31;
    for (size_t row = thread_index() >> 5; row < (size_t)rows; row += thread_count() >> 5) {
        const float* from = x + row * x_pitch;
        float* to = y + row * y_pitch;
        float largest = of_bits(0xFF800000u);
        for (int j = lane; j < columns; j += 32)
            largest = from[j] > largest ? from[j] : largest;
        largest = warp_largest(largest);

        float sum = 0;
        for (int j = lane; j < columns; j += 32) {
            float e = exponential(from[j] - largest);
            to[j] = e;
            sum += e;
        }
        sum = warp_sum(sum);
        for (int j = lane; j < columns; j += 32)
            to[j] /= sum;
    }
}
