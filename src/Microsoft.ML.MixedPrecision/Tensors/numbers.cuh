// Numbers that every kernel computes with: what is finite, signs, bounds, the exponential. Part of common.cuh, which has the types.
#pragma once

DEVICE bool is_finite(float x) { return (bits_of(x) & 0x7F800000u) != 0x7F800000u; }
DEVICE bool is_finite(double x) { return x - x == 0.0; }
DEVICE float absolute(float x) { return of_bits(bits_of(x) & 0x7FFFFFFFu); }
DEVICE float copy_sign(float magnitude, float sign) { return of_bits((bits_of(magnitude) & 0x7FFFFFFFu) | (bits_of(sign) & 0x80000000u)); }

// The larger and the smaller one; NaN where x is NaN.
DEVICE float at_least(float x, float bound) { return bound > x ? bound : x; }
DEVICE float at_most(float x, float bound) { return x > bound ? bound : x; }

// eˣ within 2 units in the last place, subnormal results included; the steps and so the bits of VectorMath.Exp.
// x = n·ln 2 + r; eʳ = 1 + r + r²·P(r), P and the two parts of ln 2 from S. Moshier's Cephes (expf.c).
DEVICE float exponential(float x)
{
    x = at_most(at_least(x, -104.0f), 89.0f);
    // Adding 1.5·2²³ rounds to an integer, which then stands in the lowest bits.
    const float shifter = 12582912.0f;
    float shifted = fmaf(x, 1.44269504f, shifter);
    float n = shifted - shifter;
    float r = fmaf(n, -0.693359375f, x);
    r = fmaf(n, 2.12194440e-4f, r);

    float p = fmaf(1.9875691500e-4f, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    p = fmaf(p, r * r, r);
    p = p + 1.0f;

    // 2ⁿ in two factors, so that neither over- nor underflows before the product does.
    int exponent = (int)(bits_of(shifted) - bits_of(shifter));
    int half = exponent >> 1;
    return p * of_bits((u32)(half + 127) << 23) * of_bits((u32)(exponent - half + 127) << 23);
}
