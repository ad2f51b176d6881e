// What the optimizers share: where a parameter lies in the arenas, where its weights are read and written, the true gradient.
// One launch updates all parameters. A block does CHUNK elements of one parameter, 4 neighbouring ones a thread at a time.
#pragma once
#include "common.cuh"

#define CHUNK 2048
#define FORMAT_FLOAT16 2
#define FORMAT_BFLOAT16 3

// Written by commit_begin; StepScalars.cs, field by field. commits = 0: nothing is to be written.
struct StepScalars {
    int commits;
    float factor;
    float value_limit;
    float learning_rate;
    float bias_correction1;
    float bias_correction2;
    float decay_factor;     // of every range's weight decay
    i64 step;               // number of the step, from 1
};

// OptimizerRange.cs, field by field.
struct OptimizerRange {
    i64 offset;             // first element in every arena, a multiple of 4
    i64 elements;
    i64 first_chunk;        // chunks of the ranges before
    int shadow_format;      // number of NumericFormat; 16-bit formats have a shadow
    int has_master;
    float weight_decay;
    float rate_factor;      // of the step's learning rate
    float epsilon_factor;   // of AdamW's epsilon
    int is_lazy;            // AdamW leaves 32 neighbouring elements alone whose gradients are all 0
    i64 frozen_steps;       // first steps whose rate is 0
};

// OptimizerArenas.cs, field by field.
struct Arenas {
    const float* gradient;
    float* master;
    u16* shadow;
    float* first;
    float* second;
    const OptimizerRange* ranges;
    i64 range_count;
    const StepScalars* step;
    i64* lost;              // weights without master that a non-zero update left as they were
};

// The range that the block's chunk lies in: the last one that starts at or before it.
DEVICE OptimizerRange range_of(const Arenas& arenas, i64 chunk)
{
    i64 low = 0, high = arenas.range_count - 1;
    while (low < high) {
        i64 middle = (low + high + 1) >> 1;
        if (arenas.ranges[middle].first_chunk <= chunk)
            low = middle;
        else
            high = middle - 1;
    }
    return arenas.ranges[low];
}

// The range's rate in this step.
DEVICE float rate_of(const OptimizerRange& range, const StepScalars& step)
{
    return step.step > range.frozen_steps ? step.learning_rate * range.rate_factor : 0.0f;
}

DEVICE float weight_of_bits(u16 bits, int format)
{
    return format == FORMAT_FLOAT16 ? to_float(float16{ bits }) : to_float(bfloat16{ bits });
}

DEVICE u16 bits_of_weight(float weight, int format)
{
    float16 half;
    bfloat16 brain;
    if (format == FORMAT_FLOAT16) {
        round_to(weight, half);
        return half.bits;
    }
    round_to(weight, brain);
    return brain.bits;
}

// clamp(gradient)·factor.
DEVICE float true_gradient(float gradient, const StepScalars& step)
{
    if (step.value_limit > 0)
        gradient = at_most(at_least(gradient, -step.value_limit), step.value_limit);
    return gradient * step.factor;
}

// Four elements of a Float32 arena; the offsets make them aligned. count < 4 at the end of a range.
DEVICE void load4(const float* from, int count, float (&x)[4])
{
    if (count >= 4) {
        float4 all = *(const float4*)from;
        x[0] = all.x, x[1] = all.y, x[2] = all.z, x[3] = all.w;
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
        x[i] = i < count ? from[i] : 0.0f;
}

DEVICE void store4(float* to, int count, const float (&x)[4])
{
    if (count >= 4) {
        *(float4*)to = make_float4(x[0], x[1], x[2], x[3]);
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
        if (i < count)
            to[i] = x[i];
}

DEVICE void load_weights(const Arenas& arenas, const OptimizerRange& range, i64 at, int count, float (&w)[4])
{
    if (range.has_master) {
        load4(arenas.master + at, count, w);
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
        w[i] = i < count ? weight_of_bits(arenas.shadow[at + i], range.shadow_format) : 0.0f;
}

// Writes master and shadow, where there are such. Returns how many weights without master a non-zero update left as they were.
DEVICE int store_weights(
    const Arenas& arenas, const OptimizerRange& range, i64 at, int count, const float (&before)[4], const float (&update)[4])
{
    float w[4];
#pragma unroll
    for (int i = 0; i < 4; i++)
        w[i] = before[i] + update[i];
    if (range.has_master)
        store4(arenas.master + at, count, w);
    if (range.shadow_format != FORMAT_FLOAT16 && range.shadow_format != FORMAT_BFLOAT16)
        return 0;
    u16 bits[4];
    int lost = 0;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        bits[i] = bits_of_weight(w[i], range.shadow_format);
        lost += !range.has_master && i < count && update[i] != 0 && weight_of_bits(bits[i], range.shadow_format) == before[i];
    }
    if (count >= 4) {
        *(uint2*)(arenas.shadow + at) = make_uint2((u32)bits[0] | ((u32)bits[1] << 16), (u32)bits[2] | ((u32)bits[3] << 16));
    } else {
#pragma unroll
        for (int i = 0; i < 4; i++)
            if (i < count)
                arenas.shadow[at + i] = bits[i];
    }
    return lost;
}

// Adds the block's lost updates to the step's; whole numbers, so that the order does not matter.
DEVICE void count_lost(const Arenas& arenas, const OptimizerRange& range, int lost)
{
    if (range.has_master)
        return;
    int total = block_sum(lost);
    if (threadIdx.x == 0 && total > 0)
        atomicAdd((u64*)arenas.lost, (u64)total);
}
