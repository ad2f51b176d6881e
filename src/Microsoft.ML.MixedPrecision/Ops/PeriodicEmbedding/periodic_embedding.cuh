// What both passes of a periodic embedding share. Source: PeriodicKernel.cs, PeriodicMath.cs, bit for bit.
#pragma once
#include "common.cuh"

#define WAVES 16
#define SUMS 3
#define CELLS 4
#define TURNS_PER_RADIAN 0.159154943f
#define RADIANS_PER_TURN 6.28318548f

// PeriodicParameters.cs: w, b: (n, 16); V: (n, 48); c: (n, 3); all Float32.
struct PeriodicParameters {
    Matrix<const float> frequencies;
    Matrix<const float> phases;
    Matrix<const float> weights;
    Matrix<const float> biases;
};

// r in [−½, ½] such that wx + b/2π − r is whole.
DEVICE float turn_of(float x, float frequency, float phase)
{
    const float most = 2097152.0f, shifter = 12582912.0f;
    float u = fmaf(frequency, x, phase * TURNS_PER_RADIAN);
    u = -most > u ? -most : u;
    u = u > most ? most : u;
    return u - ((u + shifter) - shifter);
}

// sin(2πs) for |s| ≤ ¼.
DEVICE float quarter_sine(float s)
{
    float square = s * s;
    float p = fmaf(-14.3813906f, square, 42.0077972f);
    p = fmaf(p, square, -76.7041702f);
    p = fmaf(p, square, 81.6052246f);
    p = fmaf(p, square, -41.3417015f);
    p = fmaf(p, square, 6.28318548f);
    return p * s;
}

DEVICE float magnitude_of(float r) { return of_bits(bits_of(r) & 0x7FFFFFFFu); }

DEVICE float cosine_of(float r) { return quarter_sine(0.25f - magnitude_of(r)); }

DEVICE float sine_of(float r)
{
    float magnitude = magnitude_of(r), other = 0.5f - magnitude;
    float sine = quarter_sine(magnitude > other ? other : magnitude);
    return of_bits((bits_of(sine) & 0x7FFFFFFFu) | (bits_of(r) & 0x80000000u));
}
