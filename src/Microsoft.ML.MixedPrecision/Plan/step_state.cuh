// What a step keeps in device memory: RunBlock.cs, PhaseBlock.cs, StepState.cs, field by field.
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
    int positions;
    i64 lost_updates;
    i64 updates;
};

// One for all phases.
struct RunBlock {
    i64 attempts;
    i64 cursor;
    StepPosition position;
};

// One a phase.
struct PhaseBlock {
    LossScaleState scale;
    CommitState commit;
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
    int positions;
};

// The start of a step of so many rows and labelled positions: no loss yet, nothing that is not finite, no rows before. Positions of 0: the
// host has written them already.
DEVICE void begin_step(RunBlock& run, PhaseBlock& phase, int rows, int positions)
{
    phase.commit.rows = rows;
    if (positions > 0)
        phase.commit.positions = positions;
    phase.commit.loss = 0;
    phase.commit.first_non_finite = NON_FINITE_NONE;
    run.position.row = 0;
}
