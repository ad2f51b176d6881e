// The factor of the learning rate in committed step t of T. Source: RateSchedule.cs, LearningRateSchedule.cs.
#pragma once
#include "common.cuh"

// Numbers of LearningRateSchedule.
#define SCHEDULE_CONSTANT 0
#define SCHEDULE_LINEAR 1
#define SCHEDULE_COSINE 2
#define SCHEDULE_ONE_CYCLE 3
#define SCHEDULE_COS_LOG 4
#define SCHEDULE_FLAT_COS 5

// RateSchedule.cs, field by field.
struct RateSchedule {
    int kind;
    i64 steps;              // T
    double warmup_steps;    // w; whole but for one cycle
    float final_fraction;   // f
};

// From one value to another along half a cosine.
DEVICE double along(double from, double to, double progress) { return to + (from - to) * (1.0 + cospi(progress)) / 2.0; }

DEVICE double one_cycle(const RateSchedule& s, i64 step)
{
    const double start = 1.0 / 25.0, end = start / 1e4;
    double at = (double)(step - 1), top = s.warmup_steps - 1.0, last = (double)(s.steps - 1);
    if (at <= top)
        return along(start, 1.0, top > 0 ? at / top : 1.0);
    double progress = last > top ? (at - top) / (last - top) : 1.0;
    return along(1.0, end, progress < 1.0 ? progress : 1.0);
}

DEVICE float rate_factor(const RateSchedule& s, i64 step)
{
    if (s.kind == SCHEDULE_ONE_CYCLE)
        return (float)one_cycle(s, step);
    if ((double)step > s.warmup_steps && s.kind == SCHEDULE_CONSTANT)
        return 1.0f;
    if ((double)step <= s.warmup_steps)
        return (float)((double)step / s.warmup_steps);
    double length = (double)s.steps - s.warmup_steps;
    double progress = ((double)(step - 1) - s.warmup_steps) / (length > 1.0 ? length : 1.0);
    progress = progress < 1.0 ? progress : 1.0;
    double final_fraction = (double)s.final_fraction;
    switch (s.kind) {
    case SCHEDULE_LINEAR:
        return (float)(1.0 - (1.0 - final_fraction) * progress);
    case SCHEDULE_COS_LOG:
        return (float)((1.0 - cospi(2.0 * log2(1.0 + 15.0 * progress))) / 2.0);
    case SCHEDULE_FLAT_COS:
        return (float)along(1.0, final_fraction, progress > 0.5 ? 2.0 * progress - 1.0 : 0.0);
    default:
        return (float)along(1.0, final_fraction, progress);
    }
}
