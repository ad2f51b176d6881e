using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>What one layer computes in.</summary>
/// <param name="Compute">The format of its operands and its result.</param>
/// <param name="Weights">The format of its weights.</param>
/// <param name="Rounds">Whether operands and result are rounded to FP16 by casts, which spells FP16 out in FP32.</param>
internal readonly record struct OnnxLayerFormat(OnnxElementType Compute, OnnxElementType Weights, bool Rounds)
{
    /// <summary>FP32 throughout.</summary>
    public static OnnxLayerFormat Float32 { get; } = new(OnnxElementType.Float, OnnxElementType.Float, Rounds: false);

    /// <summary>Whether results are those of FP16.</summary>
    public bool IsFloat16 => Rounds || Compute == OnnxElementType.Float16;

    /// <summary>The format of a layer that is not kept in FP32.</summary>
    public static OnnxLayerFormat Of(OnnxArithmetic arithmetic) => arithmetic switch
    {
        OnnxArithmetic.Float16 => new(OnnxElementType.Float16, OnnxElementType.Float16, Rounds: false),
        OnnxArithmetic.RoundedToFloat16 => new(OnnxElementType.Float, OnnxElementType.Float16, Rounds: true),
        OnnxArithmetic.BFloat16Weights => new(OnnxElementType.Float, OnnxElementType.BFloat16, Rounds: false),
        OnnxArithmetic.Float32 => Float32,
        _ => throw UnknownValue.Of(arithmetic),
    };
}
