// AdamW in Float32: g = clamp(gradient)·factor; m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;
// w ← w − lr·(m̂/(√v̂ + ε) + λw) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ); shadow = w rounded; without master w is the shadow's.
// Arenas of all parameters, Float32 and 16 bit; nothing is written where the step does not commit. One block does one chunk of a
// parameter (optimizer.cuh). Source: I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019); AdamW.Cpu.cs, bit for bit.
#include "optimizer.cuh"

struct AdamW {
    Arenas arenas;
    float beta1;
    float beta2;
    float epsilon;
};

KERNEL void adamw(AdamW a)
{
    const Arenas& arenas = a.arenas;
    StepScalars scalars = *arenas.step;
    if (scalars.commits == 0)
        return;
    OptimizerRange range = range_of(arenas, blockIdx.x);
    i64 start = ((i64)blockIdx.x - range.first_chunk) * CHUNK;
    float rest1 = 1.0f - a.beta1, rest2 = 1.0f - a.beta2;
    float correction1 = 1.0f / scalars.bias_correction1, correction2 = 1.0f / scalars.bias_correction2;
    int lost = 0;
#pragma unroll
    for (int part = 0; part < CHUNK; part += 4 * 256) {
        i64 element = start + part + threadIdx.x * 4;
        if (element >= range.elements)
            break;
        int count = range.elements - element < 4 ? (int)(range.elements - element) : 4;
        i64 at = range.offset + element;
        float g[4], m[4], v[4], w[4], update[4];
        load4(arenas.gradient + at, count, g);
        load4(arenas.first + at, count, m);
        load4(arenas.second + at, count, v);
        load_weights(arenas, range, at, count, w);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            float gradient = true_gradient(g[i], scalars);
            m[i] = fmaf(a.beta1, m[i], rest1 * gradient);
            v[i] = fmaf(a.beta2, v[i], (rest2 * gradient) * gradient);
            float direction = (m[i] * correction1) / (sqrtf(v[i] * correction2) + a.epsilon);
            update[i] = -scalars.learning_rate * fmaf(range.weight_decay, w[i], direction);
        }
        store4(arenas.first + at, count, m);
        store4(arenas.second + at, count, v);
        lost += store_weights(arenas, range, at, count, w, update);
    }
    count_lost(arenas, range, lost);
}
