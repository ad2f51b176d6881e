using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rounds Float32 to the values of another format, as operands of products are.</summary>
internal static class AttentionRounding<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>One vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Round(NumericFormat format, TVector values) => format switch
    {
        NumericFormat.Float16 => FormatLanes<TLanes, TVector>.FromFloat16(FormatLanes<TLanes, TVector>.ToFloat16(values)),
        NumericFormat.BFloat16 => FormatLanes<TLanes, TVector>.FromBFloat16(FormatLanes<TLanes, TVector>.ToBFloat16(values)),
        NumericFormat.TensorFloat32 => FormatLanes<TLanes, TVector>.RoundTensorFloat32(values),
        NumericFormat.Float32 => values,
        _ => throw UnknownValue.Of(format),
    };
}
