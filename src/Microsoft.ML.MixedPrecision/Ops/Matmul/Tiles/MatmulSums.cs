using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Where the sums of a tile come from, where they go to, and what becomes of them on the way: a tile of C that is finished in the registers
/// is not written and read again.
/// </summary>
internal readonly unsafe struct MatmulSums
{
    /// <summary>Sums of the steps before, or null for 0.</summary>
    public float* From { get; init; }

    /// <summary>Elements from one row of <see cref="From"/> to the next.</summary>
    public nint FromPitch { get; init; }

    /// <summary>Receives the sums.</summary>
    public float* To { get; init; }

    /// <summary>Elements from one row of <see cref="To"/> to the next.</summary>
    public nint ToPitch { get; init; }

    /// <summary>Two vectors that are added to the sums of each row; null for none.</summary>
    public float* Bias { get; init; }

    /// <summary>Whether ReLU is applied, after the bias.</summary>
    public bool Relu { get; init; }

    /// <summary>What ReLU gave, whose derivative multiplies the sums, with rows <see cref="ToPitch"/> apart; null for none.</summary>
    public float* Saved { get; init; }

    /// <summary>Finishes and writes the sums of a row.</summary>
    /// <param name="sums">How.</param>
    /// <param name="left">The first vector.</param>
    /// <param name="right">The second vector.</param>
    /// <param name="to">Receives them.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes, TVector>(in MatmulSums sums, TVector left, TVector right, float* to)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (sums.Bias is not null)
        {
            left = TLanes.Add(left, TLanes.Load(sums.Bias));
            right = TLanes.Add(right, TLanes.Load(sums.Bias + TLanes.Count));
        }

        if (sums.Relu)
        {
            left = ActivationLanes<TLanes, TVector>.Forward(ActivationKind.Relu, left);
            right = ActivationLanes<TLanes, TVector>.Forward(ActivationKind.Relu, right);
        }

        if (sums.Saved is not null)
        {
            var saved = sums.Saved + (to - sums.To);
            left = ActivationLanes<TLanes, TVector>.Backward(ActivationKind.Relu, left, TLanes.Load(saved));
            right = ActivationLanes<TLanes, TVector>.Backward(ActivationKind.Relu, right, TLanes.Load(saved + TLanes.Count));
        }

        TLanes.Store(left, to);
        TLanes.Store(right, to + TLanes.Count);
    }
}
