// loss += f·Σᵢ wᵢ·(Σⱼ ℓ(xᵢⱼ, yᵢⱼ) ÷ C) ÷ divisor; dxᵢⱼ = ∂ℓ/∂x·wᵢ·scale·f/(divisor·C), rounded once.
// x: (N, C) Float32; y: (N, C) Float32, dense; w: N or null (all 1); dx: (N, C) T_DX or null; partials: one a block, what it knows of its elements.
// The file that includes this defines ℓ: point_loss(x, y, parameter) gives loss and slope, is_correct(x, y) whether the answer counts as right.
// A thread does an element, then goes on by the size of the grid, which depends on N·C alone; the last block adds what all have summed, in a
// fixed order. Source: PointwiseLoss.cs.
#include "common.cuh"

// Numbers of NonFinite.
#define NONE (-1)
#define LOSS (-2)
#define LOGITS (-3)

// PointwiseCuda.Partial, field by field.
struct Partial {
    double loss;            // Σ wᵢℓ ÷ C
    int not_finite;         // outputs that are not finite
    int correct;            // outputs that are right
};

// PointwiseCuda.KernelArguments, field by field.
struct PointwiseLoss {
    Matrix<const float> x;
    Matrix<T_DX> gradient;
    const float* targets;
    const float* weights;
    const float* scale;         // loss scale
    const int* divisor;         // labelled positions of the whole step
    Partial* partials;
    double* loss;
    int* first_non_finite;      // what stands there stays; or null
    int* correct;               // or null
    u32* counter;               // 0 between launches
    int rows;
    int columns;
    float factor;               // f
    float gradient_factor;      // what stands for it in the gradient
    float parameter;
    int is_padded;              // whether rows of weight 0 are padding, whose answers are not counted
    int members;                // rows that follow one another and have one row of targets and one weight
};

DEVICE void do_element(const PointwiseLoss& a, size_t i, double scale, double divisor, Partial& partial)
{
    size_t row = quotient(i, (u32)a.columns);
    int column = (int)(i - row * a.columns);
    size_t position = a.members == 1 ? row : quotient(row, a.members);
    float x = *a.x.at(row, column), y = a.targets[position * a.columns + column];
    double weight = a.weights == 0 ? 1.0 : (double)a.weights[position];
    Point point = point_loss(x, y, a.parameter);
    partial.loss += weight * (double)point.loss / (double)a.columns;
    partial.not_finite += !is_finite(x);
    partial.correct += is_correct(x, y) && (!a.is_padded || weight != 0);
    if (a.gradient.data != 0)
        round_to(point.slope * (float)(weight * scale / (divisor * (double)a.columns)), *a.gradient.at(row, column));
}

DEVICE void store_partial(const PointwiseLoss& a, const Partial& partial)
{
    double loss = block_sum(partial.loss);
    int not_finite = block_sum(partial.not_finite), correct = block_sum(partial.correct);
    if (threadIdx.x == 0)
        a.partials[blockIdx.x] = Partial{ loss, not_finite, correct };
}

DEVICE void add_blocks(const PointwiseLoss& a, double divisor)
{
    Partial partial = {};
    for (int i = threadIdx.x; i < (int)gridDim.x; i += blockDim.x) {
        partial.loss += a.partials[i].loss;
        partial.not_finite += a.partials[i].not_finite;
        partial.correct += a.partials[i].correct;
    }
    double sum = block_sum(partial.loss);
    int not_finite = block_sum(partial.not_finite), correct = block_sum(partial.correct);
    if (threadIdx.x != 0)
        return;
    double loss = *a.loss + (double)a.factor * sum / divisor;
    *a.loss = loss;
    if (a.correct != 0)
        *a.correct = correct;
    if (a.first_non_finite != 0 && *a.first_non_finite == NONE)
        *a.first_non_finite = not_finite > 0 ? LOGITS : !is_finite(loss) ? LOSS : NONE;
}

KERNEL void __launch_bounds__(256) pointwise_loss(PointwiseLoss a)
{
    double scale = (double)*a.scale * (double)a.gradient_factor, divisor = (double)(float)*a.divisor;
    Partial partial = {};
    for (size_t i = thread_index(); i < (size_t)a.rows * a.columns; i += thread_count())
        do_element(a, i, scale, divisor, partial);
    store_partial(a, partial);
    if (is_last_block(a.counter, gridDim.x))
        add_blocks(a, divisor);
}
