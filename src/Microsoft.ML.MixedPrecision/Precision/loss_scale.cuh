// The state of a loss scale and its update after each step: LossScaleRule.cs, LossScaleState.cs, field by field and step by step.
#pragma once
#include "common.cuh"

#define LOSS_SCALE_DYNAMIC 3
#define LOSS_SCALE_DEEP_SPEED 4

struct LossScaleRule {
    int kind;
    float initial_scale;
    float growth_factor;
    float backoff_factor;
    int growth_interval;
    int hysteresis;
    float min_scale;
    float max_scale;
};

struct LossScaleState {
    i64 iteration;
    i64 last_overflow;
    float scale;
    int growth_tracker;
    int hysteresis_left;
    int growths;
    int backoffs;
    int consecutive_skips_at_floor;
    int floor_error;
};

DEVICE void back_off(LossScaleState& state, const LossScaleRule& rule)
{
    float lowered = state.scale * rule.backoff_factor;
    lowered = lowered < rule.min_scale ? rule.min_scale : lowered;
    if (lowered < state.scale)
        state.backoffs++;
    state.scale = lowered;
}

DEVICE void grow(LossScaleState& state, const LossScaleRule& rule)
{
    float grown = state.scale * rule.growth_factor;
    if (grown > rule.max_scale)
        grown = is_finite(grown) ? rule.max_scale : state.scale;
    if (grown > state.scale)
        state.growths++;
    state.scale = grown;
}

DEVICE void update_dynamic(LossScaleState& state, const LossScaleRule& rule, bool non_finite)
{
    if (non_finite) {
        state.growth_tracker = 0;
        state.hysteresis_left = state.hysteresis_left > 1 ? state.hysteresis_left - 1 : 0;
        if (state.hysteresis_left == 0)
            back_off(state, rule);
        return;
    }
    state.hysteresis_left = rule.hysteresis;
    state.growth_tracker++;
    if (state.growth_tracker != rule.growth_interval)
        return;
    state.growth_tracker = 0;
    grow(state, rule);
}

DEVICE void update_deep_speed(LossScaleState& state, const LossScaleRule& rule, bool non_finite)
{
    if (non_finite) {
        if (state.hysteresis_left > 1)
            state.hysteresis_left--;
        else if (state.scale == rule.min_scale)
            state.floor_error = 1;
        else
            back_off(state, rule);
        return;
    }
    i64 stable = state.iteration - state.last_overflow - 1;
    if (stable == 0 || stable % rule.growth_interval != 0)
        return;
    state.hysteresis_left = rule.hysteresis;
    grow(state, rule);
}

DEVICE void update_loss_scale(LossScaleState& state, const LossScaleRule& rule, bool non_finite)
{
    if (!non_finite)
        state.consecutive_skips_at_floor = 0;
    else if (state.scale <= rule.min_scale)
        state.consecutive_skips_at_floor++;

    if (rule.kind == LOSS_SCALE_DYNAMIC)
        update_dynamic(state, rule, non_finite);
    else if (rule.kind == LOSS_SCALE_DEEP_SPEED)
        update_deep_speed(state, rule, non_finite);

    if (non_finite)
        state.last_overflow = state.iteration;
    state.iteration++;
}
