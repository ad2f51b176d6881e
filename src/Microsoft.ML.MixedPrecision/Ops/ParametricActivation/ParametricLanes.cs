using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>What both passes of a parametric activation compute of a run of Float32 elements.</summary>
internal static unsafe class ParametricLanes<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>to = from + α·(other − from), rounded twice; to may be any of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mix(float* shares, float* from, float* other, float* to, nint count)
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var x = TLanes.Load(from + i);
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Load(shares + i), TLanes.Subtract(TLanes.Load(other + i), x), x), to + i);
        }

        for (; i < count; i++)
        {
            to[i] = MathF.FusedMultiplyAdd(shares[i], other[i] - from[i], from[i]);
        }
    }

    /// <summary>sums += dy·(act − x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTerms(float* sums, float* dy, float* act, float* x, nint count)
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var difference = TLanes.Subtract(TLanes.Load(act + i), TLanes.Load(x + i));
            TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Load(dy + i), difference, TLanes.Load(sums + i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] = MathF.FusedMultiplyAdd(dy[i], act[i] - x[i], sums[i]);
        }
    }
}
