// The mean over M members of an example, in Float32, -DKIND says of what; members are added in their order, the values' in theirs:
// 0: o = Σᵢ zᵢ ÷ M; 1: o = T + ln Σᵢ e^(tᵢ − T) − ln M with tᵢ = zᵢ − lᵢ, lᵢ = ln Σⱼ e^zᵢⱼ, T = maxᵢ tᵢ; 2: o = a − b, a = ln Σᵢ σ(zᵢ),
// b = ln Σᵢ σ(−zᵢ), with σ(z) = e^min(z, 0)/(1 + e^−|z|) and the largest exponent taken out of each sum.
// z: a value's (N · members, C); sums: (N, M) every l, or (N, 2C) every a, then every b, or none; o: (N, C). All Float32.
// member_log_sums: a warp does a member's l. member_mean: a thread does a column of an example. Both go on by the size of the grid.
// Source: MemberMeanKernel.cs.
// macros: KIND
#include "common.cuh"

#define MEAN 0
#define LOG_MEAN_SOFTMAX 1
#define LOGIT_MEAN_SIGMOID 2

// MemberMeanKernel.MostValues.
#define MOST_VALUES 128

// MemberMeanKernel.Place, field by field.
struct Members {
    Matrix<const float> z;
    int members;
    int first;              // members of the values before
};

struct MemberMean {
    Matrix<float> sums;
    Matrix<float> o;
    int examples;
    int columns;
    int members;            // M
    int values;
    Members z[MOST_VALUES];
};

KERNEL void member_log_sums(MemberMean a)
{
    int lane = threadIdx.x & 31;
    for (size_t i = thread_index() >> 5; i < (size_t)a.examples * a.members; i += thread_count() >> 5) {
        size_t example = quotient(i, a.members);
        int member = (int)(i - example * a.members), value = 0;
        while (value + 1 < a.values && a.z[value + 1].first <= member)
            value++;
        const Members& of = a.z[value];
        const float* z = of.z.at(example * of.members + (member - of.first), 0);
        float largest = of_bits(0xFF800000u), sum = 0;
        for (int j = lane; j < a.columns; j += 32)
            largest = z[j] > largest ? z[j] : largest;
        largest = warp_largest(largest);
        for (int j = lane; j < a.columns; j += 32)
            sum += exponential(z[j] - largest);
        sum = warp_sum(sum);
        if (lane == 0)
            *a.sums.at(example, member) = largest + logf(sum);
    }
}

// Σᵢ of what is made of each member's z in a column.
template <class F>
DEVICE void for_members(const MemberMean& a, size_t example, int column, const F& f)
{
    for (int value = 0; value < a.values; value++) {
        const Members& of = a.z[value];
        for (int i = 0; i < of.members; i++)
            f(*of.z.at(example * of.members + i, column), of.first + i);
    }
}

// e^(min(z, 0) − shift)·share, which is σ(z)·e^−shift.
DEVICE float term(float z, float shift, float share) { return exponential(at_most(z, 0.0f) - shift) * share; }

KERNEL void member_mean(MemberMean a)
{
    for (size_t i = thread_index(); i < (size_t)a.examples * a.columns; i += thread_count()) {
        size_t example = quotient(i, a.columns);
        int column = (int)(i - example * a.columns);
        float sum = 0, o;
#if KIND == MEAN
        for_members(a, example, column, [&](float z, int) { sum += z; });
        o = sum * (1.0f / (float)a.members);
#elif KIND == LOG_MEAN_SOFTMAX
        const float* l = a.sums.at(example, 0);
        float largest = of_bits(0xFF800000u);
        for_members(a, example, column, [&](float z, int member) {
            float t = z - l[member];
            largest = t > largest ? t : largest;
        });
        for_members(a, example, column, [&](float z, int member) { sum += exponential(z - l[member] - largest); });
        o = largest + (logf(sum) - logf((float)a.members));
#else
        float largest = of_bits(0xFF800000u), least = of_bits(0x7F800000u), sum_no = 0;
        for_members(a, example, column, [&](float z, int) {
            largest = z > largest ? z : largest;
            least = least > z ? z : least;
        });
        float yes = at_most(largest, 0.0f), no = at_most(-least, 0.0f);
        for_members(a, example, column, [&](float z, int) {
            float share = 1.0f / (1.0f + exponential(-absolute(z)));
            sum += term(z, yes, share);
            sum_no += term(-z, no, share);
        });
        float of_yes = yes + logf(sum), of_no = no + logf(sum_no);
        *a.sums.at(example, column) = of_yes;
        *a.sums.at(example, a.columns + column) = of_no;
        o = of_yes - of_no;
#endif
        *a.o.at(example, column) = o;
    }
}
