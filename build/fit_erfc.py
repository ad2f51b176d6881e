"""Fits the polynomials of exact GELU (ActivationMath.cs, activation.cuh): python3 build/fit_erfc.py. Needs mpmath.

With t = 1/(1 + 0.3|x|) the upper tail of the normal distribution beyond |x| is ½ erfc(|x|/√2) = e^(−x²/2)·P(t), and eʳ = E(r) for |r| ≤ ln 2/2.
P and (E − 1)/r have the least relative error that their degree allows (Remez's exchange, in 40 digits, so that every machine prints the same).
Then x·Φ(x) is computed step by step as the engines do, each step rounded to Float32, and compared with 40 digits.
"""

import struct

from mpmath import mp, mpf

mp.dps = 40
SLOPE = mpf("0.3")
# Beyond, x·Φ(x) rounds to 0 for negative x.
LARGEST = 15
# Where x·Φ(x) is compared for negative x, and Φ(x) still is a normal number.
SMALLEST_NORMAL = mpf("12.9")
LN2_HIGH, LN2_LOW, LOG2_E = 0.693359375, -2.12194440e-4, 1.44269504


def remez(f, low, high, degree):
    """Coefficients of the polynomial of least relative error, lowest power first, and that error."""
    count = degree + 2
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / 1000) for i in range(1001)]
    values = [f(x) for x in grid]
    nodes = [round(1000 * i / (count - 1)) for i in range(count)]
    while True:
        rows = [[grid[i] ** k / values[i] for k in range(degree + 1)] + [mpf(-1) ** n] for n, i in enumerate(nodes)]
        coefficients = list(mp.lu_solve(mp.matrix(rows), mp.matrix([1] * count)))[: degree + 1]
        errors = [mp.polyval(coefficients[::-1], x) / y - 1 for x, y in zip(grid, values)]
        # The largest error between two changes of sign.
        peaks = [0]
        for i in range(1, len(grid)):
            if errors[i] * errors[peaks[-1]] < 0:
                peaks.append(i)
            elif abs(errors[i]) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        if peaks == nodes:
            return coefficients, max(abs(e) for e in errors)
        assert len(peaks) == count, "the error does not change its sign as often as it should"
        nodes = peaks


def tail(t):
    x = (1 / t - 1) / SLOPE
    return mp.erfc(x / mp.sqrt(2)) * mp.exp(x * x / 2) / 2


def exponential_slope(r):
    return mp.expm1(r) / r if r else mpf(1)


def single(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def fma(a, b, c):
    return single(a * b + c)


def horner(coefficients, x):
    p = coefficients[-1]
    for c in coefficients[-2::-1]:
        p = fma(p, x, c)
    return p


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


def show(name, coefficients, error):
    print(f"{name}, relative error {mp.nstr(error, 2)}: " + ", ".join(f"{float(single(c)):.9g}" for c in coefficients))


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
