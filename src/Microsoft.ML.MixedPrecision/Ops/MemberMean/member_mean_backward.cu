// The gradient of a mean over M members with respect to one value's, in Float32, rounded once when stored; -DKIND says of what:
// 0: dz = do ÷ M; 1: dzⱼ = gⱼ − e^tⱼ·Σⱼ gⱼ with t = z − l, gⱼ = doⱼ·e^(tⱼ − oⱼ − ln M);
// 2: dz = do·(e^(ln σ(z) − a)·σ(−z) + e^(ln σ(−z) − b)·σ(z)), which is do·σ(z)·σ(−z)·(e^−a + e^−b).
// z: (N · m, C), do, o: (N, C), sums: as member_mean.cu keeps them, Float32; dz: (N · m, C) T_DZ.
// A warp does a member of an example, then goes on by the size of the grid. Source: MemberMeanKernel.cs.
// macros: T_DZ KIND
#include "common.cuh"

#define MEAN 0
#define LOG_MEAN_SOFTMAX 1

struct MemberMeanBackward {
    Matrix<const float> z;
    Matrix<const float> sums;
    Matrix<const float> o;
    Matrix<const float> d_o;
    Matrix<T_DZ> dz;
    int rows;               // N · m
    int columns;
    int rows_per_example;   // m
    int first;              // members of the values before
    int members;            // M
};

// g, and the member's probability e^t.
DEVICE float share(float z, float l, float o, float d_o, float log_members, float& probability)
{
    float t = z - l;
    probability = exponential(t);
    return d_o * exponential(t - (o + log_members));
}

DEVICE float sigmoid_gradient(float z, float a, float b, float d_o)
{
    float e = exponential(-absolute(z)), large = 1.0f / (1.0f + e), small = e * large;
    float yes = 0.0f > z ? small : large, no = 0.0f > z ? large : small;
    float of_yes = exponential(at_most(z, 0.0f) - a), of_no = exponential(at_most(-z, 0.0f) - b);
    return d_o * (large * (of_yes * no + of_no * yes));
}

KERNEL void member_mean_backward(MemberMeanBackward a)
{
    int lane = threadIdx.x & 31;
    for (size_t row = thread_index() >> 5; row < (size_t)a.rows; row += thread_count() >> 5) {
        size_t example = quotient(row, a.rows_per_example);
        const float* d_o = a.d_o.at(example, 0);
        T_DZ* dz = a.dz.at(row, 0);
#if KIND == MEAN
        for (int j = lane; j < a.columns; j += 32)
            round_to(d_o[j] * (1.0f / (float)a.members), dz[j]);
#elif KIND == LOG_MEAN_SOFTMAX
        const float *z = a.z.at(row, 0), *o = a.o.at(example, 0);
        float l = *a.sums.at(example, a.first + (int)(row - example * a.rows_per_example));
        float log_members = logf((float)a.members), total = 0, probability;
        for (int j = lane; j < a.columns; j += 32)
            total += share(z[j], l, o[j], d_o[j], log_members, probability);
        total = warp_sum(total);
        for (int j = lane; j < a.columns; j += 32) {
            float g = share(z[j], l, o[j], d_o[j], log_members, probability);
            round_to(g - probability * total, dz[j]);
        }
#else
        const float *z = a.z.at(row, 0), *sums = a.sums.at(example, 0);
        for (int j = lane; j < a.columns; j += 32)
            round_to(sigmoid_gradient(z[j], sums[j], sums[a.columns + j], d_o[j]), dz[j]);
#endif
    }
}
