namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>In what the operators of an exported network compute.</summary>
internal enum OnnxArithmetic
{
    /// <summary>FP32 throughout.</summary>
    Float32,

    /// <summary>
    /// FP16 products and activations, with FP32 inputs and outputs of the network behind <c>Cast</c> nodes;
    /// softmax, layer normalization, Gelu and arg-max stay FP32.
    /// </summary>
    Float16,

    /// <summary>
    /// What <see cref="Float16"/> computes, spelled out in FP32: each result is rounded by a cast to FP16 and back.
    /// ONNX Runtime's CPU provider computes FP16 operators in FP32 inside and so hides an overflow; here it shows as infinity.
    /// </summary>
    RoundedToFloat16,

    /// <summary>
    /// FP32, with the weights of products stored in BF16 behind <c>Cast</c> nodes: ONNX Runtime's CPU provider has no BF16 arithmetic, but
    /// reads it.
    /// </summary>
    BFloat16Weights,
}
