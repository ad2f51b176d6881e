// Softmax cross-entropy of integer labels, from logits, in Float32. With m = maxⱼ xᵢⱼ, sᵢ = Σⱼ e^(xᵢⱼ − m), tᵢⱼ = (1 − ε)·[j = label] + ε/C:
// ℓᵢ = ln sᵢ − Σⱼ tᵢⱼ(xᵢⱼ − m); dxᵢⱼ = (e^(xᵢⱼ − m)/sᵢ − tᵢⱼ)·(wᵢ·scale·f/divisor), rounded once; loss += f·Σ wᵢℓᵢ ÷ divisor. ε: smoothing.
// x: (N, C) Float32; labels: N ÷ members; w: as many or null (all 1); dx: (N, C) T_DX or null; partials: one a block, what it knows of its rows.
// A NaN or +∞ in a row, or a label that is no class, makes its loss and gradient NaN. Where the first class is 1, a row of label 0 has none:
// its loss and gradient are 0, and it is no answer.
// A warp does a row, the 8 warps of a block neighbouring rows, then goes on by the size of the grid, which depends on N alone; the last block
// adds what all have summed, in a fixed order. Of each row a lane holds HELD columns in registers, the rest is read again. Source: CrossEntropyKernel.cs.
// macros: T_DX HELD
#include "common.cuh"

#define WARPS 8

// Numbers of NonFinite.
#define NONE (-1)
#define LOSS (-2)
#define LOGITS (-3)

// CrossEntropyKernel.Partial, field by field.
struct Partial {
    double loss;            // Σ wᵢℓᵢ
    int not_finite;         // rows with a logit that is not finite
    int correct;            // rows whose first largest logit is the label's
};

struct CrossEntropy {
    Matrix<const float> logits;
    Matrix<T_DX> gradient;
    const int* labels;
    const float* weights;
    const float* scale;         // loss scale
    const int* divisor;         // labelled positions of the whole step
    Partial* partials;
    double* loss;
    int* first_non_finite;      // what stands there stays; or null
    int* correct_rows;          // rows whose first largest logit is the label's; or null
    u32* counter;               // 0 between launches
    int rows;
    int classes;
    float factor;               // f
    float gradient_factor;      // what stands for it in the gradient
    float smoothing;            // ε, in [0, 1)
    int is_padded;              // whether rows of weight 0 are padding, whose answers are not counted
    int members;                // rows that follow one another and have one label and weight
    int first_class;            // 0, or 1 where 0 is no label
};

// What a warp knows of a row, the same in all lanes.
struct Row {
    float largest;
    float sum;              // of e^(x − largest)
    int first_largest;      // first column that holds the largest
    bool is_finite;
};

// Reads a row; e receives e^(x − largest) of the lane's first HELD columns.
DEVICE Row read_row(const float* x, int classes, int lane, float (&e)[HELD])
{
    Row row = { of_bits(0xFF800000u), 0.0f, classes, true };
#pragma unroll
    for (int i = 0; i < HELD; i++)
        e[i] = 32 * i + lane < classes ? x[32 * i + lane] : of_bits(0xFF800000u);
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        int j = 32 * i + lane;
        if (j < classes) {
            row.is_finite = row.is_finite && is_finite(e[i]);
            row.largest = e[i] > row.largest ? e[i] : row.largest;
        }
    }
    for (int j = 32 * HELD + lane; j < classes; j += 32) {
        float value = x[j];
        row.is_finite = row.is_finite && is_finite(value);
        row.largest = value > row.largest ? value : row.largest;
    }
    row.largest = warp_largest(row.largest);
    row.is_finite = __all_sync(0xFFFFFFFFu, row.is_finite);

#pragma unroll
    for (int i = HELD - 1; i >= 0; i--)
        row.first_largest = e[i] == row.largest && 32 * i + lane < classes ? 32 * i + lane : row.first_largest;
    for (int j = 32 * HELD + lane; j < classes && row.first_largest == classes; j += 32)
        if (x[j] == row.largest)
            row.first_largest = j;
    for (int step = 16; step > 0; step >>= 1) {
        int other = __shfl_xor_sync(0xFFFFFFFFu, row.first_largest, step);
        row.first_largest = other < row.first_largest ? other : row.first_largest;
    }

#pragma unroll
    for (int i = 0; i < HELD; i++)
        if (32 * i < classes) {
            e[i] = 32 * i + lane < classes ? exponential(e[i] - row.largest) : 0.0f;
            row.sum += e[i];
        }
    for (int j = 32 * HELD + lane; j < classes; j += 32)
        row.sum += exponential(x[j] - row.largest);
    row.sum = warp_sum(row.sum);
    return row;
}

// dx = (e/sum − [j = label])·factor.
DEVICE void store_gradient(const CrossEntropy& a, size_t index, const Row& row, int label, float weight, int lane, const float (&e)[HELD])
{
    float factor = (float)((double)weight * (double)*a.scale * (double)a.gradient_factor / (double)(float)*a.divisor);
    if ((u32)label >= (u32)a.classes)
        factor = of_bits(0x7FC00000u);
    float inverse = 1.0f / row.sum;
    float off = a.smoothing / (float)a.classes, on = off + (1.0f - a.smoothing);
    const float* x = a.logits.at(index, 0);
    T_DX* dx = a.gradient.at(index, 0);
#pragma unroll
    for (int i = 0; i < HELD; i++) {
        int j = 32 * i + lane;
        if (j < a.classes) {
            float y = e[i] * inverse;
            round_to((y - (j == label ? on : off)) * factor, dx[j]);
        }
    }
    for (int j = 32 * HELD + lane; j < a.classes; j += 32) {
        float y = exponential(x[j] - row.largest) * inverse;
        round_to((y - (j == label ? on : off)) * factor, dx[j]);
    }
}

// Σⱼ tⱼ(xⱼ − m) − (x,label − m): what smoothing takes off the loss.
DEVICE float smoothed(const CrossEntropy& a, const float* x, const Row& row, int label, int lane)
{
    float sum = 0;
    for (int j = lane; j < a.classes; j += 32)
        sum += x[j] - row.largest;
    return a.smoothing * (warp_sum(sum) / (float)a.classes - (x[label] - row.largest));
}

DEVICE void clear_gradient(const CrossEntropy& a, size_t index, int lane)
{
    T_DX* dx = a.gradient.at(index, 0);
    for (int j = lane; j < a.classes; j += 32)
        round_to(0.0f, dx[j]);
}

DEVICE void do_row(const CrossEntropy& a, size_t index, int lane, Partial& partial)
{
    float e[HELD];
    const float* x = a.logits.at(index, 0);
    size_t position = a.members == 1 ? index : quotient(index, a.members);
    int label = a.labels[position] - a.first_class;
    float weight = a.weights == 0 ? 1.0f : a.weights[position];
    Row row = read_row(x, a.classes, lane, e);
    partial.not_finite += !row.is_finite;
    if (a.first_class == 1 && label == -1) {
        if (a.gradient.data != 0)
            clear_gradient(a, index, lane);
        return;
    }
    bool is_class = (u32)label < (u32)a.classes;
    float loss = is_class ? logf(row.sum) - (x[label] - row.largest) : of_bits(0x7FC00000u);
    if (a.smoothing > 0 && is_class)
        loss -= smoothed(a, x, row, label, lane);
    partial.loss += (double)weight * (double)loss;
    partial.correct += is_class && row.first_largest == label && (!a.is_padded || weight != 0);
    if (a.gradient.data != 0)
        store_gradient(a, index, row, label, weight, lane, e);
}

// The rows of a block, its warps in order.
DEVICE void do_block(const CrossEntropy& a)
{
    __shared__ Partial of_warps[WARPS];
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    Partial partial = {};
    for (size_t row = (size_t)blockIdx.x * WARPS + warp; row < (size_t)a.rows; row += (size_t)gridDim.x * WARPS)
        do_row(a, row, lane, partial);
    if (lane == 0)
        of_warps[warp] = partial;
    __syncthreads();
    if (threadIdx.x != 0)
        return;
    Partial total = {};
    for (int i = 0; i < WARPS; i++) {
        total.loss += of_warps[i].loss;
        total.not_finite += of_warps[i].not_finite;
        total.correct += of_warps[i].correct;
    }
    a.partials[blockIdx.x] = total;
}

DEVICE void add_blocks(const CrossEntropy& a)
{
    double sum = 0;
    int not_finite = 0, correct = 0;
    for (int i = threadIdx.x; i < (int)gridDim.x; i += blockDim.x) {
        sum += a.partials[i].loss;
        not_finite += a.partials[i].not_finite;
        correct += a.partials[i].correct;
    }
    sum = block_sum(sum);
    not_finite = block_sum(not_finite);
    correct = block_sum(correct);
    if (threadIdx.x != 0)
        return;
    double loss = *a.loss + (double)a.factor * sum / (double)(float)*a.divisor;
    *a.loss = loss;
    if (a.correct_rows != 0)
        *a.correct_rows = correct;
    if (a.first_non_finite != 0 && *a.first_non_finite == NONE)
        *a.first_non_finite = not_finite > 0 ? LOGITS : !is_finite(loss) ? LOSS : NONE;
}

KERNEL void __launch_bounds__(32 * WARPS) cross_entropy(CrossEntropy a)
{
    do_block(a);
    if (is_last_block(a.counter, gridDim.x))
        add_blocks(a);
}
