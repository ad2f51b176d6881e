// Softmax cross-entropy of integer labels, from logits, in Float32. With m = maxⱼ xᵢⱼ and sᵢ = Σⱼ e^(xᵢⱼ − m):
// ℓᵢ = ln sᵢ − (xᵢ,label − m); dxᵢⱼ = (e^(xᵢⱼ − m)/sᵢ − [j = label])·wᵢ/divisor·scale, rounded once; loss = Σ wᵢℓᵢ ÷ divisor.
// x: (N, C) Float32; labels: N; w: N or null (all 1); dx: (N, C) T_DX or null; losses: N, ℓᵢ; flags: N, what is known of each row.
// A NaN or +∞ in a row, or a label that is no class, makes its loss and gradient NaN.
// macros: T_DX
// cross_entropy_rows: one warp a row. cross_entropy_total: one block adds all rows in a fixed order. Source: CrossEntropyKernel.cs.
#include "common.cuh"

#define LOGITS_NOT_FINITE 1
#define PREDICTS_LABEL 2

struct CrossEntropyRows {
    const float* logits;
    size_t pitch;
    const int* labels;
    const float* weights;
    T_DX* gradient;
    size_t gradient_pitch;
    float* losses;          // not weighted
    int* flags;
    const int* divisor;     // rows of the whole step
    const float* scale;     // loss scale
    int rows;
    int classes;
    int compares;           // whether rows whose first largest logit is the label's are flagged
};

// The first column that holds the largest value, over the warp.
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

KERNEL void cross_entropy_rows(CrossEntropyRows a)
{
    int lane = threadIdx.x & 31;
    for (size_t row = thread_index() >> 5; row < (size_t)a.rows; row += thread_count() >> 5) {
        const float* x = a.logits + row * a.pitch;
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
        float at_label = is_class ? x[label] : of_bits(0x7FC00000u);
        float weight = a.weights == 0 ? 1.0f : a.weights[row];
        int first = a.compares ? first_of(x, largest, a.classes, lane) : -1;
        if (lane == 0) {
            a.losses[row] = logf(sum) - (at_label - largest);
            a.flags[row] = (finite ? 0 : LOGITS_NOT_FINITE) | (first == label && is_class ? PREDICTS_LABEL : 0);
        }
        if (a.gradient != 0) {
            float factor = weight / (float)*a.divisor * *a.scale;
            factor = is_class ? factor : of_bits(0x7FC00000u);
            T_DX* dx = a.gradient + row * a.gradient_pitch;
            for (int j = lane; j < a.classes; j += 32) {
                float y = exponential(x[j] - largest) / sum;
                round_to((j == label ? y - 1.0f : y) * factor, dx[j]);
            }
        }
    }
}

// loss = (first ? 0 : loss) + Σ wᵢℓᵢ ÷ divisor, in binary64. first_non_finite: −1 none, −2 the loss, −3 a logit; what stands there stays.
struct CrossEntropyTotal {
    const float* losses;
    const float* weights;
    const int* flags;
    const int* divisor;
    double* loss;
    int* first_non_finite;  // or null
    int* correct_rows;      // or null
    int rows;
    int first;              // whether this is the step's first micro-batch, which overwrites
};

KERNEL void cross_entropy_total(CrossEntropyTotal a)
{
    double sum = 0;
    int right = 0, bad = 0;
    for (int i = threadIdx.x; i < a.rows; i += blockDim.x) {
        double weight = a.weights == 0 ? 1.0f : a.weights[i];
        sum += weight * (double)a.losses[i];
        bad += (a.flags[i] & LOGITS_NOT_FINITE) != 0;
        right += (a.flags[i] & PREDICTS_LABEL) != 0;
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
    if (a.first_non_finite == 0)
        return;
    int met = a.first ? -1 : *a.first_non_finite;
    if (met == -1)
        met = bad > 0 ? -3 : !is_finite(loss) ? -2 : -1;
    *a.first_non_finite = met;
}
