// The scalar part of a step, on the device alone (StepState.cs). Each kernel is one block; partials of finite_check are added in order.
// step_begin: rows of the step. advance_cursor: after a micro-batch.
// commit_begin: norm = √Σg²/scale; commits if the logits, the loss and all gradients are finite; coefficient = min(1, limit/(norm + 1e-6));
//   factor = coefficient/scale; value limit = clip value·scale; bias corrections 1 − βᵗ with t the number of the step.
// commit_end: the record of the attempt, then the update of the loss scale.
// Source: TrainingPlan.Step.cs; torch.nn.utils.clip_grad_norm_; LossScaleState.cs.
#include "step_state.cuh"
#include "finite_check.cuh"
#include "optimizer.cuh"

// CommitRule.cs, field by field. 0: no clipping.
struct CommitRule {
    LossScaleRule loss_scale;
    float clip_norm;
    float clip_value;
    float beta1;
    float beta2;
    i64 plain_weights;      // 16-bit weights without master
};

KERNEL void step_begin(StepBlock* step, int rows)
{
    step->commit.rows = rows;
    step->commit.loss = 0;
    step->commit.first_non_finite = NON_FINITE_NONE;
}

KERNEL void advance_cursor(StepBlock* step, int rows) { step->run.cursor += rows; }

// xⁿ for n ≥ 1 by squaring.
DEVICE double power(double x, i64 n)
{
    double result = 1;
    for (; n > 0; n >>= 1, x = x * x)
        if (n & 1)
            result = result * x;
    return result;
}

// The parameter that an element of the arenas belongs to; the padding between parameters is 0 and so finite.
DEVICE int slot_of(const OptimizerRange* ranges, int count, i64 element)
{
    int slot = 0;
    while (slot + 1 < count && ranges[slot + 1].offset <= element)
        slot++;
    return slot;
}

DEVICE float clip_coefficient(double norm, float limit)
{
    if (!(limit > 0))
        return 1.0f;
    double ratio = (double)limit / (norm + 1e-6);
    return (float)(ratio > 1.0 ? 1.0 : ratio);
}

struct GradientFindings {
    const FinitePartial* partials;
    int partial_count;
    int range_count;
    const OptimizerRange* ranges;
};

KERNEL void commit_begin(StepBlock* step, GradientFindings found, const float* learning_rate, CommitRule rule)
{
    const i64 none = 0x7FFFFFFFFFFFFFFFll;
    double squares = 0;
    i64 first = none;
    for (int i = threadIdx.x; i < found.partial_count; i += blockDim.x) {
        squares += found.partials[i].squares;
        i64 element = found.partials[i].first_non_finite;
        first = element >= 0 && element < first ? element : first;
    }
    squares = block_sum(squares);
    first = block_smallest(first);
    if (threadIdx.x != 0)
        return;

    CommitState& commit = step->commit;
    float scale = step->scale.scale;
    step->run.attempts++;
    if (first != none && commit.first_non_finite == NON_FINITE_NONE)
        commit.first_non_finite = slot_of(found.ranges, found.range_count, first);
    commit.norm = sqrt(squares) / (double)scale;
    commit.coefficient = clip_coefficient(commit.norm, rule.clip_norm);
    bool commits = commit.first_non_finite == NON_FINITE_NONE;
    commit.step += commits;
    commit.skips += !commits;

    StepScalars& scalars = step->scalars;
    scalars.commits = commits;
    scalars.learning_rate = *learning_rate;
    if (!commits)
        return;
    scalars.factor = commit.coefficient / scale;
    scalars.value_limit = rule.clip_value * scale;
    scalars.bias_correction1 = (float)(1.0 - power((double)rule.beta1, commit.step));
    scalars.bias_correction2 = (float)(1.0 - power((double)rule.beta2, commit.step));
    commit.updates += rule.plain_weights;
}

KERNEL void commit_end(StepBlock* step, StepRecord* ring, int capacity, LossScaleRule rule)
{
    const CommitState& commit = step->commit;
    StepRecord record = {
        step->run.attempts, commit.step, commit.loss, commit.norm,
        step->scale.scale, step->scalars.learning_rate, commit.coefficient, commit.rows, commit.first_non_finite,
    };
    ring[(record.attempt - 1) % capacity] = record;
    update_loss_scale(step->scale, rule, record.first_non_finite != NON_FINITE_NONE);
}
