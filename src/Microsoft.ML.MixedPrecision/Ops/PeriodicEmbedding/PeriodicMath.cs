using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sines and cosines of angles in turns, on one vector of Float32, the same bits for every vector width and on a card
/// (periodic_embedding.cuh).</summary>
internal static class PeriodicMath<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Turns beyond which an angle counts as so many: its fraction of a turn would have no digits left.</summary>
    private const float MostTurns = 1 << 21;

    /// <summary>r in [−½, ½] such that wx + b/2π − r is whole.</summary>
    /// <param name="x">x.</param>
    /// <param name="frequency">w, in turns a unit of x.</param>
    /// <param name="phase">b/2π, in turns.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Turn(TVector x, TVector frequency, TVector phase)
    {
        var u = TLanes.FusedMultiplyAdd(frequency, x, phase);
        u = VectorMath<TLanes, TVector>.AtMost(
            VectorMath<TLanes, TVector>.AtLeast(u, TLanes.Broadcast(-MostTurns)),
            TLanes.Broadcast(MostTurns));

        // Adding 1.5·2²³ rounds to a whole number.
        var shifter = TLanes.Broadcast(12582912f);
        return TLanes.Subtract(u, TLanes.Subtract(TLanes.Add(u, shifter), shifter));
    }

    /// <summary>cos(2πr) = −sin(2π(|r| − ¼)) for |r| ≤ ½.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Cosine(TVector r)
        => QuarterSine(TLanes.Subtract(TLanes.Broadcast(0.25f), VectorMath<TLanes, TVector>.Absolute(r)));

    /// <summary>sin(2πr) for |r| ≤ ½, by |r| or ½ − |r|, whichever is less than a quarter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sine(TVector r)
    {
        var magnitude = VectorMath<TLanes, TVector>.Absolute(r);
        var other = TLanes.Subtract(TLanes.Broadcast(0.5f), magnitude);
        return VectorMath<TLanes, TVector>.CopySign(QuarterSine(VectorMath<TLanes, TVector>.AtMost(magnitude, other)), r);
    }

    /// <summary>sin(2πs) for |s| ≤ ¼, a polynomial by build/fit_sine.py.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector QuarterSine(TVector s)
    {
        var square = TLanes.Multiply(s, s);
        var p = VectorMath<TLanes, TVector>.Horner(TLanes.Broadcast(-14.3813906f), square, 42.0077972f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, -76.7041702f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, 81.6052246f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, -41.3417015f);
        p = VectorMath<TLanes, TVector>.Horner(p, square, 6.28318548f);
        return TLanes.Multiply(p, s);
    }
}
