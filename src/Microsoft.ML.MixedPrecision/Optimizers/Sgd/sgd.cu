// SGD in Float32: g = clamp(gradient)·factor + λw; with momentum buf ← µ·buf + g; w ← w − lr·f·d with d = buf, or g + µ·buf for
// Nesterov, or g without momentum; shadow = w rounded; without master w is the shadow's.
// f is the range's factor of the rate, λ its decay times the step's share of it. Arenas of all parameters, Float32 and 16 bit; nothing is written where the step does not commit. One block does one chunk of a
// parameter (optimizer.cuh). Source: torch.optim.SGD, dampening 0; Sgd.Cpu.cs, bit for bit.
#include "optimizer.cuh"

struct Sgd {
    Arenas arenas;
    float momentum;
    int nesterov;
};

KERNEL void sgd(Sgd a)
{
    const Arenas& arenas = a.arenas;
    StepScalars scalars = *arenas.step;
    if (scalars.commits == 0)
        return;
    OptimizerRange range = range_of(arenas, blockIdx.x);
    i64 start = ((i64)blockIdx.x - range.first_chunk) * CHUNK;
    float rate = rate_of(range, scalars), decay = range.weight_decay * scalars.decay_factor;
    int lost = 0;
#pragma unroll
    for (int part = 0; part < CHUNK; part += 4 * 256) {
        i64 element = start + part + threadIdx.x * 4;
        if (element >= range.elements)
            break;
        int count = range.elements - element < 4 ? (int)(range.elements - element) : 4;
        i64 at = range.offset + element;
        float g[4], velocity[4] = {}, w[4], update[4];
        load4(arenas.gradient + at, count, g);
        load_weights(arenas, range, at, count, w);
        if (a.momentum != 0)
            load4(arenas.first + at, count, velocity);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            float direction = fmaf(decay, w[i], true_gradient(g[i], scalars));
            if (a.momentum != 0) {
                velocity[i] = fmaf(a.momentum, velocity[i], direction);
                direction = a.nesterov ? fmaf(a.momentum, velocity[i], direction) : velocity[i];
            }
            update[i] = -rate * direction;
        }
        if (a.momentum != 0)
            store4(arenas.first + at, count, velocity);
        lost += store_weights(arenas, range, at, count, w, update);
    }
    count_lost(arenas, range, lost);
}
