// The end of a step, up to the optimizer, on the device alone (StepState.cs).
// commit: finite check of all gradients; norm = √Σg²/scale; commits if the logits, the loss and all gradients are finite; coefficient =
//   min(1, limit/(norm + 1e-6)); factor = coefficient/scale, finite as the norm must be, which with it is at most what moments hold; value
// limit = clip value·scale; bias corrections
//   1 − βᵗ with t the number of the step; the record of the attempt; then the update of the loss scale: the optimizer behind it has the
//   factor of the old one. Every block checks a share of the gradients; the last one adds the shares in order and decides.
// step_begin: rows and labelled positions of the step. advance_cursor: after a micro-batch that does not end its step.
// Source: CpuStep.cs; torch.nn.utils.clip_grad_norm_; LossScaleState.cs.
#include "step_state.cuh"
#include "finite_check.cuh"
#include "schedule.cuh"
#include "regularization.cuh"

// CommitArguments.cs, field by field. Limits of 0: no clipping.
struct Commit {
    RunBlock* run;
    PhaseBlock* phase;
    StepRecord* records;
    FinitePartial* partials;
    const OptimizerRange* ranges;
    const float* learning_rate;
    const float* gradients;
    u32* counter;           // 0 between launches
    i64 elements;           // of the gradients
    i64 plain_weights;      // 16-bit weights without master
    LossScaleRule rule;
    RateSchedule schedule;
    RegularizationCourse regularization;    // of the weight decay
    float clip_norm;
    float clip_value;
    float beta1;
    float beta2;
    float largest_norm;     // of a gradient that is applied, after clipping: OptimizerSettings.LargestNorm
    int range_count;
    int capacity;           // records of the ring
    int rows;               // of the step, or of the micro-batch that the cursor goes over
    int positions;          // labelled positions of the step; 0 where the host has written them
};

KERNEL void step_begin(Commit a) { begin_step(*a.run, *a.phase, a.rows, a.positions); }

KERNEL void advance_cursor(Commit a)
{
    a.run->cursor += a.rows;
    a.run->position.row += a.rows;
}

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
DEVICE int slot_of(const Commit& a, i64 element)
{
    int slot = 0;
    while (slot + 1 < a.range_count && a.ranges[slot + 1].offset <= element)
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

// Whether the factor and the gradient behind it are numbers that the optimizer's moments hold. Under a scale far below 1 a finite stored
// gradient may be too large once unscaled, or 1 ÷ scale itself be infinite.
DEVICE bool is_applicable(const Commit& a, const CommitState& commit, float scale)
{
    double applied = commit.norm * (double)commit.coefficient;
    if (a.clip_value > 0 && applied > (double)a.clip_value)
        applied = (double)a.clip_value;
    return is_finite((float)commit.norm) && is_finite(commit.coefficient / scale) && applied <= (double)a.largest_norm;
}

// What the optimizers read in a step that commits.
DEVICE void write_scalars(const Commit& a, StepScalars& scalars, i64 step, float coefficient, float scale)
{
    scalars.factor = coefficient / scale;
    scalars.value_limit = a.clip_value * scale;
    scalars.bias_correction1 = (float)(1.0 - power((double)a.beta1, step));
    scalars.bias_correction2 = (float)(1.0 - power((double)a.beta2, step));
    scalars.decay_factor = share_of_regularization(a.regularization, step);
    scalars.step = step;
}

DEVICE void decide(const Commit& a, RunBlock& run, PhaseBlock& phase, float learning_rate, double squares, i64 first)
{
    CommitState& commit = phase.commit;
    StepScalars& scalars = phase.scalars;
    float scale = phase.scale.scale;
    run.attempts++;
    run.cursor += a.rows;
    if (first >= 0 && commit.first_non_finite == NON_FINITE_NONE)
        commit.first_non_finite = slot_of(a, first);
    commit.norm = sqrt(squares) / (double)scale;
    commit.coefficient = clip_coefficient(commit.norm, a.clip_norm);
    if (commit.first_non_finite == NON_FINITE_NONE && !is_applicable(a, commit, scale))
        commit.first_non_finite = NON_FINITE_NORM;

    scalars.commits = commit.first_non_finite == NON_FINITE_NONE;
    scalars.learning_rate = learning_rate * rate_factor(a.schedule, commit.step + 1);
    if (!scalars.commits) {
        commit.skips++;
        return;
    }
    commit.step++;
    commit.updates += a.plain_weights;
    write_scalars(a, scalars, commit.step, commit.coefficient, scale);
}

DEVICE void record(const Commit& a, const RunBlock& run, const PhaseBlock& phase)
{
    const CommitState& commit = phase.commit;
    StepRecord record = {
        run.attempts, commit.step, commit.loss, commit.norm,
        phase.scale.scale, phase.scalars.learning_rate, commit.coefficient, commit.rows, commit.first_non_finite,
        commit.positions,
    };
    a.records[(record.attempt - 1) % a.capacity] = record;
}

KERNEL void commit(Commit a)
{
    check_share(a.gradients, a.elements, a.partials);
    if (!is_last_block(a.counter, gridDim.x))
        return;
    // The states are read at once and written at once: one after the other, each would wait for the one before.
    RunBlock run = *a.run;
    PhaseBlock phase = *a.phase;
    float learning_rate = *a.learning_rate;
    const i64 none = 0x7FFFFFFFFFFFFFFFll;
    double squares = 0;
    i64 first = none;
    for (int i = threadIdx.x; i < (int)gridDim.x; i += blockDim.x) {
        squares += a.partials[i].squares;
        i64 element = a.partials[i].first_non_finite;
        first = element >= 0 && element < first ? element : first;
    }
    squares = block_sum(squares);
    first = block_smallest(first);
    if (threadIdx.x != 0)
        return;
    decide(a, run, phase, learning_rate, squares, first == none ? -1 : first);
    record(a, run, phase);
    // Here, where the state is at hand, and not at the next step's start, which would wait for it.
    run.position = StepPosition{ phase.commit.step, 0 };
    update_loss_scale(phase.scale, a.rule, phase.commit.first_non_finite != NON_FINITE_NONE);
    *a.run = run;
    *a.phase = phase;
}
