// AdamW in Float32: g = clamp(gradient)·factor; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
// w ← w − lr·f·(m̂/(√v̂ + ε) + λw) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ); shadow = w rounded; without master w is the shadow's.
// f is the range's factor of the rate, λ its decay times the step's share of it, ε has a factor of the range too. Of a lazy range 32
// neighbouring elements, from its start on, stay as they are where all their gradients are 0. Arenas of all parameters, Float32 and
// 16 bit; nothing is written where the step does not commit. One block does one chunk of a parameter (optimizer.cuh).
// Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019); AdamW.Cpu.cs, bit for bit.
#include "optimizer.cuh"

struct AdamW {
    Arenas arenas;
    float beta1;
    float beta2;
    float epsilon;
};

#define PART (4 * 256)

// Four neighbouring elements.
struct Part {
    i64 at;
    int count;          // 0 or less behind the range's end
    float g[4], m[4], v[4], w[4];

    DEVICE void read(const Arenas& arenas, const OptimizerRange& range, i64 element)
    {
        at = range.offset + element;
        i64 left = range.elements - element;
        count = left < 4 ? (left < 0 ? 0 : (int)left) : 4;
        if (count <= 0)
            return;
        load4(arenas.gradient + at, count, g);
        load4(arenas.first + at, count, m);
        load4(arenas.second + at, count, v);
        load_weights(arenas, range, at, count, w);
    }

    DEVICE bool has_gradient() const
    {
        return count > 0 && (g[0] != 0 || g[1] != 0 || g[2] != 0 || g[3] != 0);
    }
};

KERNEL void __launch_bounds__(256) adamw(AdamW a)
{
    const Arenas& arenas = a.arenas;
    StepScalars scalars = *arenas.step;
    if (scalars.commits == 0)
        return;
    OptimizerRange range = range_of(arenas, blockIdx.x);
    i64 start = ((i64)blockIdx.x - range.first_chunk) * CHUNK;
    float rest1 = 1.0f - a.beta1, rest2 = 1.0f - a.beta2;
    float rate = rate_of(range, scalars), decay = range.weight_decay * scalars.decay_factor;
    float epsilon = a.epsilon * range.epsilon_factor;
    float correction1 = 1.0f / scalars.bias_correction1, correction2 = 1.0f / scalars.bias_correction2;
    // All parts are read before any is written: what is read behind a write waits for it.
    Part parts[CHUNK / PART];
#pragma unroll
    for (int i = 0; i < CHUNK / PART; i++)
        parts[i].read(arenas, range, start + i * PART + threadIdx.x * 4);
    bool is_idle[CHUNK / PART];
#pragma unroll
    for (int i = 0; i < CHUNK / PART; i++) {
        u32 busy = __ballot_sync(0xFFFFFFFFu, parts[i].has_gradient());
        is_idle[i] = range.is_lazy && ((busy >> (threadIdx.x & 24)) & 0xFFu) == 0;
    }
    int lost = 0;
#pragma unroll
    for (int i = 0; i < CHUNK / PART; i++) {
        Part& part = parts[i];
        if (part.count <= 0)
            break;
        if (is_idle[i])
            continue;
        float update[4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            float gradient = true_gradient(part.g[j], scalars);
            part.m[j] = fmaf(a.beta1, part.m[j], rest1 * gradient);
            part.v[j] = fmaf(a.beta2, part.v[j], (rest2 * gradient) * gradient);
            float direction = (part.m[j] * correction1) / (sqrtf(part.v[j] * correction2) + epsilon);
            update[j] = -rate * fmaf(decay, part.w[j], direction);
        }
        store4(arenas.first + part.at, part.count, part.m);
        store4(arenas.second + part.at, part.count, part.v);
        lost += store_weights(arenas, range, part.at, part.count, part.w, update);
    }
    count_lost(arenas, range, lost);
}
