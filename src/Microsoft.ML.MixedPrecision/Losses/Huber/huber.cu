// With d = x − y: ℓ = ½d², ∂ℓ/∂x = d where |d| ≤ δ, else δ·(|d| − ½δ), ±δ; parameter: δ. Shapes and sums: pointwise_loss.cuh.
// Source: HuberLoss.cs.
// macros: T_DX
#include "point.cuh"

DEVICE Point point_loss(float x, float y, float delta)
{
    float difference = x - y, size = absolute(difference);
    if (size > delta)
        return Point{ delta * (size - 0.5f * delta), copy_sign(delta, difference) };
    return Point{ 0.5f * difference * difference, difference };
}

DEVICE bool is_correct(float, float) { return false; }

#include "pointwise_loss.cuh"
