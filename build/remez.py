"""What the scripts that fit polynomials share: Remez's exchange in 40 digits, and Float32 arithmetic. Needs mpmath."""

import struct

from mpmath import mp, mpf

mp.dps = 40


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


def single(x):
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def fma(a, b, c):
    return single(a * b + c)


def horner(coefficients, x):
    p = coefficients[-1]
    for c in coefficients[-2::-1]:
        p = fma(p, x, c)
    return p


def show(name, coefficients, error):
    print(f"{name}, relative error {mp.nstr(error, 2)}: " + ", ".join(f"{float(single(c)):.9g}" for c in coefficients))
