// ℓ = |x|·r + ln(1 + e^−|x|), ∂ℓ/∂x = ±(r − σ(−|x|)), with t = y + ε·(½ − y), r = 1 − t where x ≥ 0, else t; parameter: ε.
// Shapes and sums: pointwise_loss.cuh.
// Source: BinaryCrossEntropyLoss.cs.
// macros: T_DX
#include "point.cuh"

DEVICE Point point_loss(float x, float y, float smoothing)
{
    float target = y + smoothing * (0.5f - y);
    float rest = x >= 0 ? 1.0f - target : target;
    float size = absolute(x), e = exponential(-size);
    float slope = rest - e / (1.0f + e);
    return Point{ size * rest + log1pf(e), x >= 0 ? slope : -slope };
}

DEVICE bool is_correct(float x, float y) { return y > 0.5f ? x > 0 : x <= 0; }

#include "pointwise_loss.cuh"
