// What a step keeps in device memory: StepState.cs, field by field.
#pragma once
#include "loss_scale.cuh"
#include "optimizer.cuh"
#include "step_position.cuh"

// Numbers of NonFinite.
#define NON_FINITE_NONE (-1)
#define NON_FINITE_NORM (-4)

struct CommitState {
    i64 step;
    i64 skips;
    double loss;
    int rows;
    int first_non_finite;
    double norm;
    float coefficient;
    i64 lost_updates;
    i64 updates;
};

struct RunState {
    i64 attempts;
    i64 cursor;
};

struct StepBlock {
    LossScaleState scale;
    CommitState commit;
    RunState run;
    StepPosition position;
    StepScalars scalars;
};

struct StepRecord {
    i64 attempt;
    i64 step;
    double loss;
    double norm;
    float scale;
    float learning_rate;
    float coefficient;
    int rows;
    int first_non_finite;
};

// The start of a step of so many rows: no loss yet, nothing that is not finite, no rows before.
DEVICE void begin_step(StepBlock& step, int rows)
{
    step.commit.rows = rows;
    step.commit.loss = 0;
    step.commit.first_non_finite = NON_FINITE_NONE;
    step.position.row = 0;
}
