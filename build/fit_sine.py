"""Fits the polynomial of sines in turns (PeriodicMath.cs, periodic_embedding.cuh): python3 build/fit_sine.py. Needs mpmath.

sin(2πs) = s·S(s²) for |s| ≤ 1/4. S has the least relative error that its degree allows. Then it is computed step by step as the engines do, each
step rounded to Float32, and compared with 40 digits.
"""

from mpmath import mp, mpf
from remez import fma, horner, remez, show, single


def slope(square):
    s = mp.sqrt(square)
    return mp.sin(2 * mp.pi * s) / s if s else 2 * mp.pi


S, error = remez(slope, mpf(0), mpf(1) / 16, 5)
show("S", S, error)
S = [single(c) for c in S]
worst = (mpf(0), mpf(0))
for i in range(1, 20001):
    s = single(mpf(i) / 80000)
    value = single(horner(S, single(s * s)) * s)
    worst = max(worst, (abs(value / mp.sin(2 * mp.pi * s) - 1), s))
print(f"sin(2πs) in Float32: relative error {mp.nstr(worst[0], 2)}, {mp.nstr(worst[0] * 2**23, 2)} units of 2⁻²³, at s = {mp.nstr(worst[1], 5)}")
