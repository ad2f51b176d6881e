using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>Elementary functions on one vector of Float32, the same bits for every vector width.</summary>
internal static unsafe class VectorMath<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>The larger one; NaN where <paramref name="x"/> is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector AtLeast(TVector x, TVector bound) => TLanes.Select(TLanes.GreaterThan(bound, x), bound, x);

    /// <summary>The smaller one; NaN where <paramref name="x"/> is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector AtMost(TVector x, TVector bound) => TLanes.Select(TLanes.GreaterThan(x, bound), bound, x);

    /// <summary>|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Absolute(TVector x) => TLanes.AndBits(x, TLanes.BroadcastBits(0x7FFF_FFFF));

    /// <summary>−x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Negate(TVector x) => TLanes.AddBits(x, TLanes.BroadcastBits(0x8000_0000));

    /// <summary>|magnitude| with the sign of <paramref name="sign"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector CopySign(TVector magnitude, TVector sign)
        => TLanes.OrBits(Absolute(magnitude), TLanes.AndBits(sign, TLanes.BroadcastBits(0x8000_0000)));

    /// <summary>p·x + c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Horner(TVector p, TVector x, float c) => TLanes.FusedMultiplyAdd(p, x, TLanes.Broadcast(c));

    /// <summary>
    /// eˣ within 2 units in the last place, subnormal results included. e⁻∞ = 0, e^∞ = ∞ (from 88.7229 on), NaN stays.
    /// </summary>
    /// <remarks>x = n·ln 2 + r; eʳ = 1 + r + r²·P(r), P and the two parts of ln 2 from S. Moshier's Cephes (expf.c).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        x = AtMost(AtLeast(x, TLanes.Broadcast(-104f)), TLanes.Broadcast(89f));
        // Adding 1.5·2²³ rounds to an integer, which then stands in the lowest bits.
        var shifter = TLanes.Broadcast(12582912f);
        var shifted = TLanes.FusedMultiplyAdd(x, TLanes.Broadcast(1.44269504f), shifter);
        var n = TLanes.Subtract(shifted, shifter);
        var r = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(-0.693359375f), x);
        r = TLanes.FusedMultiplyAdd(n, TLanes.Broadcast(2.12194440e-4f), r);

        var p = Horner(TLanes.Broadcast(1.9875691500e-4f), r, 1.3981999507e-3f);
        p = Horner(p, r, 8.3334519073e-3f);
        p = Horner(p, r, 4.1665795894e-2f);
        p = Horner(p, r, 1.6666665459e-1f);
        p = Horner(p, r, 5.0000001201e-1f);
        p = TLanes.FusedMultiplyAdd(p, TLanes.Multiply(r, r), r);
        p = TLanes.Add(p, TLanes.Broadcast(1f));

        // 2ⁿ in two factors, so that neither over- nor underflows before the product does.
        var exponent = TLanes.SubtractBits(shifted, shifter);
        var half = TLanes.ShiftRightSignedBits(exponent, 1);
        return TLanes.Multiply(TLanes.Multiply(p, PowerOfTwo(half)), PowerOfTwo(TLanes.SubtractBits(exponent, half)));
    }

    /// <summary>The sum of a vector's elements, added from first to last.</summary>
    public static float Sum(TVector x)
    {
        var elements = (float*)&x;
        float sum = elements[0];
        for (int i = 1; i < TLanes.Count; i++)
        {
            sum += elements[i];
        }

        return sum;
    }

    /// <summary>The largest of a vector's elements; NaN where it is first is kept, later ones are passed over.</summary>
    public static float Largest(TVector x)
    {
        var elements = (float*)&x;
        float largest = elements[0];
        for (int i = 1; i < TLanes.Count; i++)
        {
            largest = elements[i] > largest ? elements[i] : largest;
        }

        return largest;
    }

    /// <summary>2ⁿ for integer words −126 ≤ n ≤ 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector PowerOfTwo(TVector n)
        => TLanes.ShiftLeftBits(TLanes.AddBits(n, TLanes.BroadcastBits(127)), 23);
}
