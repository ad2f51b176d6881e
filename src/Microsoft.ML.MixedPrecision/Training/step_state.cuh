// What a step keeps in device memory: StepState.cs, field by field.
#pragma once
#include "loss_scale.cuh"

#define NON_FINITE_NONE (-1)

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

// Written by commit_begin, read by the optimizers; commits = 0: nothing is to be written.
struct StepScalars {
    int commits;
    float factor;
    float value_limit;
    float learning_rate;
    float bias_correction1;
    float bias_correction2;
};

struct StepBlock {
    LossScaleState scale;
    CommitState commit;
    RunState run;
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
