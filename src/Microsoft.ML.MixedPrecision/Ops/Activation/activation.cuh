// Each activation and its derivative on one Float32, step by step as ActivationLanes and ActivationMath do it in C#, so that
// both engines give the same bits. -DACTIVATION=<number of ActivationKind> chooses one when the kernel is compiled.
#pragma once
#include "common.cuh"

#define ACTIVATION_NONE 0
#define ACTIVATION_RELU 1
#define ACTIVATION_GELU 2
#define ACTIVATION_GELU_ERF 3
#define ACTIVATION_SILU 4
#define ACTIVATION_TANH 5
#define ACTIVATION_SIGMOID 6

#ifndef ACTIVATION
#define ACTIVATION ACTIVATION_NONE
#endif

#define GELU_SCALE 0.797884561f
#define GELU_CUBE 0.044715f

// σ(x) = 1/(1 + e⁻ˣ), also where it is tiny: e^−|x|/(1 + e^−|x|) for negative x.
DEVICE float sigmoid(float x)
{
    float e = exponential(-absolute(x));
    return (0.0f > x ? e : 1.0f) / (1.0f + e);
}

// σ(x) and σ(−x), each with the bits that sigmoid gives it.
DEVICE void sigmoids(float x, float& of_x, float& of_minus_x)
{
    float e = exponential(-absolute(x)), sum = 1.0f + e;
    of_x = (0.0f > x ? e : 1.0f) / sum;
    of_minus_x = (x > 0.0f ? e : 1.0f) / sum;
}

// tanh x = 1 − 2/(e^2|x| + 1) with the sign of x; below 0.625 an odd polynomial (S. Moshier's Cephes, tanhf.c).
DEVICE float hyperbolic_tangent(float x)
{
    float magnitude = absolute(x);
    if (magnitude > 0.625f)
        return copy_sign(1.0f - 2.0f / (exponential(magnitude + magnitude) + 1.0f), x);
    float square = x * x;
    float p = fmaf(-5.70498872745e-3f, square, 2.06390887954e-2f);
    p = fmaf(p, square, -5.37397155531e-2f);
    p = fmaf(p, square, 1.33314422036e-1f);
    p = fmaf(p, square, -3.33332819422e-1f);
    return fmaf(p * square, x, x);
}

// erf(z)/z for z² ≤ 1 (Cephes, ndtrf.c).
DEVICE float erf_over_z(float square)
{
    float p = fmaf(7.853861353153693e-5f, square, -8.010193625184903e-4f);
    p = fmaf(p, square, 5.188327685732524e-3f);
    p = fmaf(p, square, -2.685381193529856e-2f);
    p = fmaf(p, square, 1.128358514861418e-1f);
    p = fmaf(p, square, -3.761262582423300e-1f);
    return fmaf(p, square, 1.128379165726710f);
}

// erfc(z)·z·e^(z²) for z > 1, from y = 1/z² (Cephes, ndtrf.c).
DEVICE float erfc_tail(float z, float y)
{
    if (2.0f > z) {
        float p = fmaf(2.326819970068386e-2f, y, -1.387039388740657e-1f);
        p = fmaf(p, y, 3.687424674597105e-1f);
        p = fmaf(p, y, -5.824733027278666e-1f);
        p = fmaf(p, y, 6.210004621745983e-1f);
        p = fmaf(p, y, -4.944515323274145e-1f);
        p = fmaf(p, y, 3.404879937665872e-1f);
        p = fmaf(p, y, -2.741127028184656e-1f);
        return fmaf(p, y, 5.638259427386472e-1f);
    }
    float p = fmaf(-1.047766399936249e+1f, y, 1.297719955372516e+1f);
    p = fmaf(p, y, -7.495518717768503f);
    p = fmaf(p, y, 2.921019019210786f);
    p = fmaf(p, y, -1.015265279202700f);
    p = fmaf(p, y, 4.218463358204948e-1f);
    p = fmaf(p, y, -2.820767439740514e-1f);
    return fmaf(p, y, 5.641895067754075e-1f);
}

// Φ(x) = ½ erfc(−x/√2), accurate in relative terms down to underflow, and φ(x) = e^(−x²/2)/√(2π).
DEVICE float normal_cdf(float x, float& density)
{
    // Beyond 20, e^(−x²/2) is 0 and x² may overflow.
    float magnitude = at_most(absolute(x), 20.0f);
    // e^(−x²/2), with the rounding error of x² made good.
    float square = magnitude * magnitude;
    float error = fmaf(magnitude, magnitude, -square);
    float bell = exponential(square * -0.5f);
    bell = fmaf(bell, error * -0.5f, bell);
    density = bell * 0.398942280f;

    float z = magnitude * 0.707106781f;
    float upper;
    if (z > 1.0f) {
        float reciprocal = 1.0f / z;
        upper = (bell * 0.5f) * (reciprocal * erfc_tail(z, reciprocal * reciprocal));
    } else {
        upper = 0.5f - (erf_over_z(z * z) * z) * 0.5f;
    }
    return 0.0f > x ? upper : 1.0f - upper;
}

// 2u, u = √(2/π)(x + 0.044715x³); ½(1 + tanh u) = σ(2u), which does not cancel for negative x.
DEVICE float gelu_argument(float x) { return x * fmaf(2.0f * GELU_SCALE * GELU_CUBE, x * x, 2.0f * GELU_SCALE); }

// x·gate with the limit −0 at −∞, where the gate is 0.
DEVICE float gated(float x, float gate) { return at_least(x, -3.40282347e+38f) * gate; }

// x within ±256: derivatives are constant long before, and 0·∞ cannot arise.
DEVICE float bounded(float x) { return at_most(at_least(x, -256.0f), 256.0f); }

// y = act(x).
DEVICE float activate(float x)
{
#if ACTIVATION == ACTIVATION_RELU
    return at_least(x, 0.0f);
#elif ACTIVATION == ACTIVATION_GELU
    return gated(x, sigmoid(gelu_argument(x)));
#elif ACTIVATION == ACTIVATION_GELU_ERF
    float density;
    return gated(x, normal_cdf(x, density));
#elif ACTIVATION == ACTIVATION_SILU
    return gated(x, sigmoid(x));
#elif ACTIVATION == ACTIVATION_TANH
    return hyperbolic_tangent(x);
#elif ACTIVATION == ACTIVATION_SIGMOID
    return sigmoid(x);
#else
    return x;
#endif
}

// dy·act′, from y for Relu, Tanh and Sigmoid, from the pre-activation for the others.
DEVICE float activation_gradient(float dy, float saved)
{
#if ACTIVATION == ACTIVATION_RELU
    // Chosen, not multiplied: 0 where the unit is off even if dy is not finite; a NaN in y lets dy through.
    return saved <= 0.0f ? 0.0f : dy;
#elif ACTIVATION == ACTIVATION_GELU
    // s + x·s(1 − s)·2u′ with s = σ(2u), 2u′ = 2√(2/π)(1 + 3·0.044715x²).
    float x = bounded(saved);
    float argument = gelu_argument(x);
    float s, rest;
    sigmoids(argument, s, rest);
    float slope = fmaf(6.0f * GELU_SCALE * GELU_CUBE, x * x, 2.0f * GELU_SCALE);
    return dy * fmaf(x * slope, s * rest, s);
#elif ACTIVATION == ACTIVATION_GELU_ERF
    float x = bounded(saved), density;
    float cdf = normal_cdf(x, density);
    return dy * fmaf(x, density, cdf);
#elif ACTIVATION == ACTIVATION_SILU
    // s + x·s(1 − s) with s = σ(x).
    float x = bounded(saved);
    float s, rest;
    sigmoids(x, s, rest);
    return dy * fmaf(x, s * rest, s);
#elif ACTIVATION == ACTIVATION_TANH
    return dy * ((1.0f - saved) * (1.0f + saved));
#elif ACTIVATION == ACTIVATION_SIGMOID
    return dy * (saved * (1.0f - saved));
#else
    (void)saved;
    return dy;
#endif
}
