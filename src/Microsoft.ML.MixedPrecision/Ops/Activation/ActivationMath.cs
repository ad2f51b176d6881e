using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The functions activations are made of, on one vector of Float32; within a few units in the last place of the true value.</summary>
internal static class ActivationMath<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
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
    /// Φ(x) = ½(1 + erf(x/√2)) = ½ erfc(−x/√2), accurate in relative terms down to underflow, and its derivative
    /// φ(x) = e^(−x²/2)/√(2π). Φ(−∞) = 0, Φ(∞) = 1, NaN stays.
    /// </summary>
    /// <remarks>Polynomials of erf below 1 and of erfc·z·e^(z²) in 1/z² above, from S. Moshier's Cephes (ndtrf.c).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NormalCdf(TVector x, out TVector density)
    {
        var half = TLanes.Broadcast(0.5f);
        // Beyond 20, e^(−x²/2) is 0 and x² may overflow.
        var magnitude = VectorMath<TLanes, TVector>.AtMost(VectorMath<TLanes, TVector>.Absolute(x), TLanes.Broadcast(20f));
        var bell = Bell(magnitude);
        density = TLanes.Multiply(bell, TLanes.Broadcast(0.398942280f));

        var z = TLanes.Multiply(magnitude, TLanes.Broadcast(0.707106781f));
        var halfErf = TLanes.Multiply(TLanes.Multiply(ErfOverZ(TLanes.Multiply(z, z)), z), half);
        var reciprocal = TLanes.Divide(TLanes.Broadcast(1f), z);
        var tail = TLanes.Multiply(TLanes.Multiply(bell, half), TLanes.Multiply(reciprocal, ErfcTail(z, TLanes.Multiply(reciprocal, reciprocal))));

        // ½ erfc(z): the upper tail of the normal distribution beyond |x|.
        var isTail = TLanes.GreaterThan(z, TLanes.Broadcast(1f));
        var upper = TLanes.Select(isTail, tail, TLanes.Subtract(half, halfErf));
        var isNegative = TLanes.GreaterThan(TLanes.Broadcast(0f), x);
        return TLanes.Select(isNegative, upper, TLanes.Subtract(TLanes.Broadcast(1f), upper));
    }

    /// <summary>e^(−x²/2), with the rounding error of x² made good.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Bell(TVector x)
    {
        var minusHalf = TLanes.Broadcast(-0.5f);
        var square = TLanes.Multiply(x, x);
        var error = TLanes.FusedMultiplyAdd(x, x, VectorMath<TLanes, TVector>.Negate(square));
        var bell = VectorMath<TLanes, TVector>.Exp(TLanes.Multiply(square, minusHalf));
        return TLanes.FusedMultiplyAdd(bell, TLanes.Multiply(error, minusHalf), bell);
    }

    /// <summary>erf(z)/z for z² ≤ 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ErfOverZ(TVector square)
    {
        var p = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(7.853861353153693e-5f), square, -8.010193625184903e-4f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, 5.188327685732524e-3f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, -2.685381193529856e-2f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, 1.128358514861418e-1f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, -3.761262582423300e-1f);
        return VectorMath<TLanes, TVector>.Horner(p, square, 1.128379165726710f);
    }

    /// <summary>erfc(z)·z·e^(z²) for z &gt; 1, from y = 1/z².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ErfcTail(TVector z, TVector y)
    {
        var near = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(2.326819970068386e-2f), y, -1.387039388740657e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, 3.687424674597105e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, -5.824733027278666e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, 6.210004621745983e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, -4.944515323274145e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, 3.404879937665872e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, -2.741127028184656e-1f);
        near = VectorMath<TLanes, TVector>.Horner(near, y, 5.638259427386472e-1f);

        var far = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(-1.047766399936249e+1f), y, 1.297719955372516e+1f);
        far = VectorMath<TLanes, TVector>.Horner(far, y, -7.495518717768503f);
        far = VectorMath<TLanes, TVector>.Horner(far, y, 2.921019019210786f);
        far = VectorMath<TLanes, TVector>.Horner(far, y, -1.015265279202700f);
        far = VectorMath<TLanes, TVector>.Horner(far, y, 4.218463358204948e-1f);
        far = VectorMath<TLanes, TVector>.Horner(far, y, -2.820767439740514e-1f);
        far = VectorMath<TLanes, TVector>.Horner(far, y, 5.641895067754075e-1f);
        return TLanes.Select(TLanes.GreaterThan(TLanes.Broadcast(2f), z), near, far);
    }
}
