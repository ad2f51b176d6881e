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
#define ACTIVATION_MISH 7
#define ACTIVATION_SELU 8

#ifndef ACTIVATION
#define ACTIVATION ACTIVATION_NONE
#endif

// Activations.SavesOutput: whether the derivative is computed from y.
#define ACTIVATION_SAVES_OUTPUT (ACTIVATION == ACTIVATION_RELU || ACTIVATION == ACTIVATION_TANH || ACTIVATION == ACTIVATION_SIGMOID)

#define GELU_SCALE 0.797884561f
#define GELU_CUBE 0.044715f

// λ and α of SELU.
#define SELU_SCALE 1.05070099f
#define SELU_ALPHA 1.67326324f

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

// 1/x, correctly rounded, for 1 ≤ x ≤ 2¹²⁰: the compiler's own division without its test for other x.
DEVICE float reciprocal(float x)
{
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return fmaf(y, fmaf(-x, y, 1.0f), y);
}

// |x|, at most 16, NaN where x is: from 15 on e^(−x²/2) makes 0 of whatever it multiplies here.
DEVICE float normal_magnitude(float x)
{
#if __CUDA_ARCH__ >= 800
    float y;
    asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(absolute(x)), "f"(16.0f));
    return y;
#else
    return at_most(absolute(x), 16.0f);
#endif
}

// 2⁶⁴·e^(−x²/2) for 0 ≤ x ≤ 16, which is a normal number, with the rounding error of x² made good. −x²/2 = n·ln 2 + r; eʳ by
// build/fit_erfc.py; n, and 64 with it, is added to the exponent.
DEVICE float normal_bell(float x)
{
    float half = x * -0.5f;
    float power = half * x;
    float error = fmaf(half, x, -power);
    // Adding 1.5·2²³ + 64 rounds to an integer, which then stands, and 64 with it, in the lowest bits.
    const float shifter = 12582976.0f;
    float shifted = fmaf(power, 1.44269504f, shifter);
    float n = shifted - shifter;
    float r = fmaf(n, -0.693359375f, power) + fmaf(n, 2.12194440e-4f, error);

    float p = fmaf(1.38888741e-3f, r, 8.36914033e-3f);
    p = fmaf(p, r, 4.16671373e-2f);
    p = fmaf(p, r, 1.66665062e-1f);
    p = fmaf(p, r, 4.99999970e-1f);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    return of_bits(bits_of(p) + (bits_of(shifted) << 23));
}

// 2⁻⁶⁴, by which the polynomial is too small because e^(−x²/2) is too large to be subnormal.
#define UNSCALE 5.42101086e-20f

// ½ erfc(x/√2)·e^(x²/2)·2⁻⁶⁴ for x ≥ 0, a polynomial in 1/(1 + 0.3x) by build/fit_erfc.py.
DEVICE float normal_tail_over_bell(float x)
{
    float t = reciprocal(fmaf(x, 0.3f, 1.0f));
    float p = fmaf(3.84252481e-2f * UNSCALE, t, -1.69394076e-1f * UNSCALE);
    p = fmaf(p, t, 2.29130283e-1f * UNSCALE);
    p = fmaf(p, t, -7.70432204e-2f * UNSCALE);
    p = fmaf(p, t, 1.42905369e-1f * UNSCALE);
    p = fmaf(p, t, 9.45264548e-2f * UNSCALE);
    p = fmaf(p, t, 1.21960379e-1f * UNSCALE);
    p = fmaf(p, t, 1.19482100e-1f * UNSCALE);
    return fmaf(p, t, 7.49489755e-6f * UNSCALE);
}

// x·Φ(x) = max(x, 0) − |x|·½ erfc(|x|/√2): both signs without cancellation, accurate in relative terms down to underflow.
DEVICE float gelu_erf(float x)
{
    float magnitude = normal_magnitude(x);
    return fmaf(-magnitude, normal_bell(magnitude) * normal_tail_over_bell(magnitude), at_least(x, 0.0f));
}

// Φ(x) + x·φ(x), φ(x) = e^(−x²/2)/√(2π): at −|x| ½ erfc(|x|/√2) − |x|·φ(x), at |x| what is left of 1.
DEVICE float gelu_erf_derivative(float x)
{
    float magnitude = normal_magnitude(x);
    float lower = normal_bell(magnitude) * fmaf(magnitude, -0.398942280f * UNSCALE, normal_tail_over_bell(magnitude));
    return 0.0f > x ? lower : 1.0f - lower;
}

// 2u, u = √(2/π)(x + 0.044715x³); ½(1 + tanh u) = σ(2u), which does not cancel for negative x.
DEVICE float gelu_argument(float x) { return x * fmaf(2.0f * GELU_SCALE * GELU_CUBE, x * x, 2.0f * GELU_SCALE); }

// x·gate with the limit −0 at −∞, where the gate is 0.
DEVICE float gated(float x, float gate) { return at_least(x, -3.40282347e+38f) * gate; }

// x within ±256: derivatives are constant long before, and 0·∞ cannot arise.
DEVICE float bounded(float x) { return at_most(at_least(x, -256.0f), 256.0f); }

// eˣ; from 20 on e²⁰, where Mish's gate is 1 and (eˣ)⁴ still a number.
DEVICE float mish_exponential(float x) { return exponential(at_most(x, 20.0f)); }

// eˣ − 1 = 2t/(1 − t), t = tanh(x/2), which does not cancel near 0.
DEVICE float exponential_rise(float x)
{
    float t = hyperbolic_tangent(x * 0.5f);
    return (t + t) / (1.0f - t);
}

// y = act(x).
DEVICE float activate(float x)
{
#if ACTIVATION == ACTIVATION_RELU
    return at_least(x, 0.0f);
#elif ACTIVATION == ACTIVATION_GELU
    return gated(x, sigmoid(gelu_argument(x)));
#elif ACTIVATION == ACTIVATION_GELU_ERF
    return gelu_erf(x);
#elif ACTIVATION == ACTIVATION_SILU
    return gated(x, sigmoid(x));
#elif ACTIVATION == ACTIVATION_TANH
    return hyperbolic_tangent(x);
#elif ACTIVATION == ACTIVATION_SIGMOID
    return sigmoid(x);
#elif ACTIVATION == ACTIVATION_MISH
    // tanh(ln(1 + e)) = w/(w + 2) with w = e·(e + 2), e = eˣ.
    float e = mish_exponential(x), w = e * (e + 2.0f);
    return gated(x, w / (w + 2.0f));
#elif ACTIVATION == ACTIVATION_SELU
    return x > 0.0f ? SELU_SCALE * x : SELU_SCALE * SELU_ALPHA * exponential_rise(x);
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
    return dy * gelu_erf_derivative(saved);
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
#elif ACTIVATION == ACTIVATION_MISH
    // w/(w + 2) + x·4e(1 + e)/(w + 2)².
    float x = bounded(saved), e = mish_exponential(x), w = e * (e + 2.0f), sum = w + 2.0f;
    return dy * fmaf(x, 4.0f * fmaf(e, e, e) / (sum * sum), w / sum);
#elif ACTIVATION == ACTIVATION_SELU
    return dy * (saved > 0.0f ? SELU_SCALE : SELU_SCALE * SELU_ALPHA * exponential(at_most(saved, 0.0f)));
#else
    (void)saved;
    return dy;
#endif
}
