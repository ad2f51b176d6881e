"""Fits the polynomials of exact GELU (ActivationMath.cs, activation.cuh): python3 build/fit_erfc.py. Needs mpmath.

With t = 1/(1 + 0.3|x|) the upper tail of the normal distribution beyond |x| is ½ erfc(|x|/√2) = e^(−x²/2)·P(t), and eʳ = E(r) for |r| ≤ ln 2/2.
P and (E − 1)/r have the least relative error that their degree allows (Remez's exchange, in 40 digits, so that every machine prints the same).
Then x·Φ(x) is computed step by step as the engines do, each step rounded to Float32, and compared with 40 digits.
"""

from mpmath import mp, mpf
from remez import fma, horner, remez, show, single

SLOPE = mpf("0.3")
# Beyond, x·Φ(x) rounds to 0 for negative x.
LARGEST = 15
# Where x·Φ(x) is compared for negative x, and Φ(x) still is a normal number.
SMALLEST_NORMAL = mpf("12.9")
LN2_HIGH, LN2_LOW, LOG2_E = 0.693359375, -2.12194440e-4, 1.44269504


def tail(t):
    x = (1 / t - 1) / SLOPE
    return mp.erfc(x / mp.sqrt(2)) * mp.exp(x * x / 2) / 2


def exponential_slope(r):
    return mp.expm1(r) / r if r else mpf(1)


def gelu(x, P, E):
    """x·Φ(x) as ActivationMath.GeluErf computes it."""
    m = abs(x)
    half = single(m * mpf(-0.5))
    power = single(half * m)
    error = fma(half, m, -power)
    n = mp.nint(power * single(LOG2_E))
    r = single(fma(n, -single(LN2_HIGH), power) + fma(n, -single(LN2_LOW), error))
    bell = horner(E, r) * mpf(2) ** n
    t = single(1 / fma(m, single(SLOPE), mpf(1)))
    return fma(-m, single(bell * horner(P, t)), max(x, mpf(0)))


P, P_error = remez(tail, 1 / (1 + SLOPE * LARGEST), mpf(1), 8)
limit = mp.log(2) / 2 * mpf("1.001")
E, E_error = remez(exponential_slope, -limit, limit, 5)
E = [mpf(1)] + E
show("P", P, P_error)
show("E", E, E_error * limit)

P, E = [single(c) for c in P], [single(c) for c in E]
worst = (mpf(0), mpf(0))
for i in range(-20000, 20001):
    x = single(SMALLEST_NORMAL * i / 20000 + mpf("1e-5"))
    true = x * mp.erfc(-x / mp.sqrt(2)) / 2
    worst = max(worst, (abs(gelu(x, P, E) / true - 1), x))
print(f"x·Φ(x) in Float32: relative error {mp.nstr(worst[0], 2)}, {mp.nstr(worst[0] * 2**23, 2)} units of 2⁻²³, at x = {mp.nstr(worst[1], 5)}")
