// ℓ = max(x, 0) − x·t + ln(1 + e^−|x|), ∂ℓ/∂x = σ(x) − t, with t = y + ε·(½ − y); parameter: ε. Shapes and sums: pointwise_loss.cuh.
// Source: BinaryCrossEntropyLoss.cs.
// macros: T_DX
#include "point.cuh"

DEVICE Point point_loss(float x, float y, float smoothing)
{
    float target = y + smoothing * (0.5f - y);
    float e = exponential(-absolute(x));
    float sigmoid = (x >= 0 ? 1.0f : e) / (1.0f + e);
    return Point{ (x > 0 ? x : 0.0f) - x * target + log1pf(e), sigmoid - target };
}

DEVICE bool is_correct(float x, float y) { return (x > 0) == (y > 0.5f); }

#include "pointwise_loss.cuh"
