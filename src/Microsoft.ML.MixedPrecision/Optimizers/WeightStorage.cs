using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>
/// Where an update reads a weight and writes it: a Float32 master, a master with a 16-bit shadow, or 16-bit weights alone (form Plain).
/// </summary>
internal static unsafe class WeightStorage
{
    /// <summary>Checks that there is somewhere to keep the weights.</summary>
    /// <exception cref="ArgumentException">There are neither master nor shadow weights, or the shadow's format has 32 bits.</exception>
    public static void Require(float* master, ushort* shadow, NumericFormat shadowFormat)
    {
        if (master == null && shadow == null)
        {
            throw new ArgumentException("There are neither master nor shadow weights; at least one is needed.");
        }

        if (shadow != null && !shadowFormat.Is16Bit())
        {
            throw new ArgumentException($"The shadow weights are {shadowFormat}; Float16 or BFloat16 is needed. Pass no shadow for "
                + $"32-bit weights.");
        }
    }

    /// <summary>Reads one vector of weights: the master's, or the shadow's where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load<TLanes, TVector>(float* master, ushort* shadow, NumericFormat format, nint index)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => master != null ? TLanes.Load(master + index) : FormatLanes<TLanes, TVector>.Load(format, shadow, index);

    /// <summary>Writes one vector of weights to the master and, rounded, to the shadow, where there are such.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TLanes, TVector>(TVector weights, float* master, ushort* shadow, NumericFormat format, nint index)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (master != null)
        {
            TLanes.Store(weights, master + index);
        }

        if (shadow != null)
        {
            FormatLanes<TLanes, TVector>.Store(format, weights, shadow, index);
        }
    }

    /// <summary>
    /// In form Plain, after the store: how many weights of a vector are what they were although <paramref name="update"/> is not 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountLost<TLanes, TVector>(TVector before, TVector update, ushort* shadow, NumericFormat format, nint index)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var none = TLanes.Broadcast(0f);
        var isSame = TLanes.AreEqual(before, FormatLanes<TLanes, TVector>.Load(format, shadow, index));
        return TLanes.CountSet(TLanes.Select(TLanes.AreEqual(update, none), none, isSame));
    }

    /// <summary>clamp(gradient)·factor: the true gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector TrueGradient<TLanes, TVector>(float* gradient, float limit, float factor, nint index)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var g = TLanes.Load(gradient + index);
        if (limit > 0)
        {
            g = VectorMath<TLanes, TVector>.AtMost(
                VectorMath<TLanes, TVector>.AtLeast(g, TLanes.Broadcast(-limit)),
                TLanes.Broadcast(limit));
        }

        return TLanes.Multiply(g, TLanes.Broadcast(factor));
    }
}
