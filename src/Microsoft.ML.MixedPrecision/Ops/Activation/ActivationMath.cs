using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The functions activations are made of, on one vector of Float32; within a few units in the last place of the true
/// value.</summary>
internal static class ActivationMath<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>2⁻⁶⁴, by which the polynomial of the normal distribution is too small because its e^(−x²/2) is too large to be
    /// subnormal.</summary>
    private const float Unscale = 5.42101086e-20f;

    /// <summary>σ(x) = 1/(1 + e⁻ˣ), also where it is tiny: e^−|x|/(1 + e^−|x|) for negative x. σ(−∞) = 0, σ(∞) = 1, NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        var one = TLanes.Broadcast(1f);
        var e = VectorMath<TLanes, TVector>.Exp(VectorMath<TLanes, TVector>.Negate(VectorMath<TLanes, TVector>.Absolute(x)));
        var isNegative = TLanes.GreaterThan(TLanes.Broadcast(0f), x);
        return TLanes.Divide(TLanes.Select(isNegative, e, one), TLanes.Add(one, e));
    }

    /// <summary>tanh x = 1 − 2/(e^2|x| + 1) with the sign of x; below 0.625 an odd polynomial. tanh ±∞ = ±1, NaN stays.</summary>
    /// <remarks>Polynomial from S. Moshier's Cephes (tanhf.c).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        var one = TLanes.Broadcast(1f);
        var magnitude = VectorMath<TLanes, TVector>.Absolute(x);
        var e = VectorMath<TLanes, TVector>.Exp(TLanes.Add(magnitude, magnitude));
        var large = TLanes.Subtract(one, TLanes.Divide(TLanes.Broadcast(2f), TLanes.Add(e, one)));

        var square = TLanes.Multiply(x, x);
        var p = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(-5.70498872745e-3f), square, 2.06390887954e-2f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, -5.37397155531e-2f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, 1.33314422036e-1f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, -3.33332819422e-1f);
        var small = TLanes.FusedMultiplyAdd(TLanes.Multiply(p, square), x, x);

        var isLarge = TLanes.GreaterThan(magnitude, TLanes.Broadcast(0.625f));
        return TLanes.Select(isLarge, VectorMath<TLanes, TVector>.CopySign(large, x), small);
    }

    /// <summary>
    /// x·Φ(x) = max(x, 0) − |x|·½ erfc(|x|/√2): both signs without cancellation, accurate in relative terms down to underflow.
    /// 0 at −∞, ∞ at ∞, NaN stays.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluErf(TVector x)
    {
        var magnitude = Magnitude(x);
        var upper = TLanes.Multiply(Bell(magnitude), TailOverBell(magnitude));
        return TLanes.FusedMultiplyAdd(
            VectorMath<TLanes, TVector>.Negate(magnitude),
            upper,
            VectorMath<TLanes, TVector>.AtLeast(x, TLanes.Broadcast(0f)));
    }

    /// <summary>Φ(x) + x·φ(x), φ(x) = e^(−x²/2)/√(2π): at −|x| ½ erfc(|x|/√2) − |x|·φ(x), at |x| what is left of 1. 0 at −∞, 1 at ∞, NaN
    /// stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector GeluErfDerivative(TVector x)
    {
        var magnitude = Magnitude(x);
        var rest = TLanes.FusedMultiplyAdd(magnitude, TLanes.Broadcast(-0.398942280f * Unscale), TailOverBell(magnitude));
        var lower = TLanes.Multiply(Bell(magnitude), rest);
        var isNegative = TLanes.GreaterThan(TLanes.Broadcast(0f), x);
        return TLanes.Select(isNegative, lower, TLanes.Subtract(TLanes.Broadcast(1f), lower));
    }

    /// <summary>|x|, at most 16: from 15 on e^(−x²/2) makes 0 of whatever it multiplies here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Magnitude(TVector x)
        => VectorMath<TLanes, TVector>.AtMost(VectorMath<TLanes, TVector>.Absolute(x), TLanes.Broadcast(16f));

    /// <summary>2⁶⁴·e^(−x²/2) for 0 ≤ x ≤ 16, which is a normal number, with the rounding error of x² made good.</summary>
    /// <remarks>−x²/2 = n·ln 2 + r; eʳ by build/fit_erfc.py; n, and 64 with it, is added to the exponent.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Bell(TVector x)
    {
        var half = TLanes.Multiply(x, TLanes.Broadcast(-0.5f));
        var power = TLanes.Multiply(half, x);
        var error = TLanes.FusedMultiplyAdd(half, x, VectorMath<TLanes, TVector>.Negate(power));
        // Adding 1.5·2²³ + 64 rounds to an integer, which then stands, and 64 with it, in the lowest bits.
        var shifter = TLanes.Broadcast(12582976f);
        var shifted = TLanes.FusedMultiplyAdd(power, TLanes.Broadcast(1.44269504f), shifter);
        var n = TLanes.Subtract(shifted, shifter);
        var r = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(-0.693359375f), power);
        r = TLanes.Add(r, TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(2.12194440e-4f), error));

        var p = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(1.38888741e-3f), r, 8.36914033e-3f);
        p = VectorMath<TLanes, TVector>.Horner(p, r, 4.16671373e-2f);
        p = VectorMath<TLanes, TVector>.Horner(p, r, 1.66665062e-1f);
        p = VectorMath<TLanes, TVector>.Horner(p, r, 4.99999970e-1f);
        p = VectorMath<TLanes, TVector>.Horner(p, r, 1f);
        p = VectorMath<TLanes, TVector>.Horner(p, r, 1f);
        return TLanes.AddBits(p, TLanes.ShiftLeftBits(shifted, 23));
    }

    /// <summary>½ erfc(x/√2)·e^(x²/2)·2⁻⁶⁴ for x ≥ 0, a polynomial in 1/(1 + 0.3x) by build/fit_erfc.py.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector TailOverBell(TVector x)
    {
        var one = TLanes.Broadcast(1f);
        var t = TLanes.Divide(one, TLanes.FusedMultiplyAdd(x, TLanes.Broadcast(0.3f), one));
        var p = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(3.84252481e-2f * Unscale), t, -1.69394076e-1f * Unscale);
        p = VectorMath<TLanes, TVector>.Horner(p, t, 2.29130283e-1f * Unscale);
        p = VectorMath<TLanes, TVector>.Horner(p, t, -7.70432204e-2f * Unscale);
        p = VectorMath<TLanes, TVector>.Horner(p, t, 1.42905369e-1f * Unscale);
        p = VectorMath<TLanes, TVector>.Horner(p, t, 9.45264548e-2f * Unscale);
        p = VectorMath<TLanes, TVector>.Horner(p, t, 1.21960379e-1f * Unscale);
        p = VectorMath<TLanes, TVector>.Horner(p, t, 1.19482100e-1f * Unscale);
        return VectorMath<TLanes, TVector>.Horner(p, t, 7.49489755e-6f * Unscale);
    }
}
