// Softmax cross-entropy of integer labels, from logits, in Float32. With m = maxⱼ xᵢⱼ and sᵢ = Σⱼ e^(xᵢⱼ − m):
// ℓᵢ = ln sᵢ − (xᵢ,label − m); dxᵢⱼ = (e^(xᵢⱼ − m)/sᵢ − [j = label])·(wᵢ·scale/divisor), rounded once; loss = Σ wᵢℓᵢ ÷ divisor.
// x: (N, C) Float32; labels: N; w: N or null (all 1); dx: (N, C) T_DX or null; losses: N, ℓᵢ; flags: N, what is known of each row.
// A NaN or +∞ in a row, or a label that is no class, makes its loss and gradient NaN.
// One warp does a row, then goes on by the size of the grid; the last block adds all rows in a fixed order. Source: CrossEntropyKernel.cs.
// macros: T_DX
#include "common.cuh"

#define LOGITS_NOT_FINITE 1
#define PREDICTS_LABEL 2

// Numbers of NonFinite.
#define NONE (-1)
#define LOSS (-2)
#define LOGITS (-3)

struct CrossEntropy {
    Matrix<const float> logits;
    Matrix<T_DX> gradient;
    const int* labels;
    const float* weights;
    const float* scale;         // loss scale
    const int* divisor;         // rows of the whole step
    float* losses;              // not weighted
    int* flags;
    double* loss;
    int* first_non_finite;      // what stands there stays; or null
    int* correct_rows;          // rows whose first largest logit is the label's; or null
    u32* counter;               // 0 between launches
    int rows;
    int classes;
    int first;                  // whether this is the step's first micro-batch, which overwrites the loss
};

// The first column that holds a value, in all lanes.
DEVICE int first_of(const float* x, float value, int classes, int lane)
{
    int first = classes;
    for (int j = lane; j < classes && first == classes; j += 32)
        if (x[j] == value)
            first = j;
    for (int step = 16; step > 0; step >>= 1) {
        int other = __shfl_xor_sync(0xFFFFFFFFu, first, step);
        first = other < first ? other : first;
    }
    return first;
}

DEVICE void store_gradient(const CrossEntropy& a, size_t row, int label, float largest, float sum, int lane)
{
    float weight = a.weights == 0 ? 1.0f : a.weights[row];
    float factor = (float)((double)weight * (double)*a.scale / (double)(float)*a.divisor);
    if ((u32)label >= (u32)a.classes)
        factor = of_bits(0x7FC00000u);
    const float* x = a.logits.at(row, 0);
    T_DX* dx = a.gradient.at(row, 0);
    for (int j = lane; j < a.classes; j += 32) {
        float y = exponential(x[j] - largest) / sum;
        round_to((j == label ? y - 1.0f : y) * factor, dx[j]);
    }
}

DEVICE void do_rows(const CrossEntropy& a)
{
    int lane = threadIdx.x & 31;
    for (size_t row = thread_index() >> 5; row < (size_t)a.rows; row += thread_count() >> 5) {
        const float* x = a.logits.at(row, 0);
        float largest = of_bits(0xFF800000u);
        bool finite = true;
        for (int j = lane; j < a.classes; j += 32) {
            float value = x[j];
            finite = finite && is_finite(value);
            largest = value > largest ? value : largest;
        }
        largest = warp_largest(largest);
        finite = __all_sync(0xFFFFFFFFu, finite);

        float sum = 0;
        for (int j = lane; j < a.classes; j += 32)
            sum += exponential(x[j] - largest);
        sum = warp_sum(sum);

        int label = a.labels[row];
        bool is_class = (u32)label < (u32)a.classes;
        int first = a.correct_rows != 0 ? first_of(x, largest, a.classes, lane) : -1;
        if (lane == 0) {
            a.losses[row] = is_class ? logf(sum) - (x[label] - largest) : of_bits(0x7FC00000u);
            a.flags[row] = (finite ? 0 : LOGITS_NOT_FINITE) | (is_class && first == label ? PREDICTS_LABEL : 0);
        }
        if (a.gradient.data != 0)
            store_gradient(a, row, label, largest, sum, lane);
    }
}

DEVICE void add_rows(const CrossEntropy& a)
{
    double sum = 0;
    int right = 0, bad = 0;
    for (int i = threadIdx.x; i < a.rows; i += blockDim.x) {
        double weight = a.weights == 0 ? 1.0f : a.weights[i];
        sum += weight * (double)fresh(a.losses + i);
        int flags = fresh(a.flags + i);
        bad += (flags & LOGITS_NOT_FINITE) != 0;
        right += (flags & PREDICTS_LABEL) != 0;
    }
    sum = block_sum(sum);
    bad = block_sum(bad);
    right = block_sum(right);
    if (threadIdx.x != 0)
        return;
    double loss = (a.first ? 0.0 : *a.loss) + sum / (double)(float)*a.divisor;
    *a.loss = loss;
    if (a.correct_rows != 0)
        *a.correct_rows = right;
    if (a.first_non_finite != 0 && *a.first_non_finite == NONE)
        *a.first_non_finite = bad > 0 ? LOGITS : !is_finite(loss) ? LOSS : NONE;
}

KERNEL void cross_entropy(CrossEntropy a)
{
    do_rows(a);
    if (is_last_block(a.counter, gridDim.x))
        add_rows(a);
}
