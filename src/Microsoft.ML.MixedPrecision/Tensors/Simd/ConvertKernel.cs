using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Tensors.Simd;

/// <summary>to[i] = from[i], read in one format and rounded once to another.</summary>
internal readonly unsafe struct ConvertKernel(NumericFormat source, void* from, NumericFormat target, void* to, nint count) : IVectorKernel
{
    /// <inheritdoc/>
    public void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => Convert<TLanes, TVector>(source, from, target, to, count);

    /// <summary>to[i] = from[i] for i &lt; count, with one vector type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Convert<TLanes, TVector>(NumericFormat source, void* from, NumericFormat target, void* to, nint count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        // One loop for each pair that matters: the switch inside Load and Store is then decided outside of the loop.
        switch (source, target)
        {
            case (NumericFormat.Float32, NumericFormat.Float32):
            case (NumericFormat.Float16, NumericFormat.Float16):
            case (NumericFormat.BFloat16, NumericFormat.BFloat16):
                Buffer.MemoryCopy(from, to, count * source.BytesPerElement(), count * source.BytesPerElement());
                break;
            case (NumericFormat.Float16, NumericFormat.Float32):
                Loop<TLanes, TVector>(NumericFormat.Float16, from, NumericFormat.Float32, to, count);
                break;
            case (NumericFormat.BFloat16, NumericFormat.Float32):
                Loop<TLanes, TVector>(NumericFormat.BFloat16, from, NumericFormat.Float32, to, count);
                break;
            case (NumericFormat.Float32, NumericFormat.Float16):
                Loop<TLanes, TVector>(NumericFormat.Float32, from, NumericFormat.Float16, to, count);
                break;
            case (NumericFormat.Float32, NumericFormat.BFloat16):
                Loop<TLanes, TVector>(NumericFormat.Float32, from, NumericFormat.BFloat16, to, count);
                break;
            default:
                AnyPair<TLanes, TVector>(source, from, target, to, count);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AnyPair<TLanes, TVector>(NumericFormat source, void* from, NumericFormat target, void* to, nint count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => Loop<TLanes, TVector>(source, from, target, to, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Loop<TLanes, TVector>(NumericFormat source, void* from, NumericFormat target, void* to, nint count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            FormatLanes<TLanes, TVector>.Store(target, FormatLanes<TLanes, TVector>.Load(source, from, i), to, i);
        }

        for (; i < count; i++)
        {
            FormatLanes<LanesPortable, float>.Store(target, FormatLanes<LanesPortable, float>.Load(source, from, i), to, i);
        }
    }
}
