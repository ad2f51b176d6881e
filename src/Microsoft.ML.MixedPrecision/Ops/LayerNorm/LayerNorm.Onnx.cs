using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes normalisations of rows into ONNX graphs.</summary>
internal static class LayerNormOnnx
{
    /// <summary>y = scale·(x − µ)/√(σ² + ε) + shift over each row, as one <c>LayerNormalization</c>, in FP32 with FP32 weights: in FP16 the
    /// CPU
    /// provider really computes in FP16, sums of squares included.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="scale">(C); not to change until the file is written.</param>
    /// <param name="shift">(C); not to change until the file is written.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.norm</c>.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue LayerNorm(
        this OnnxNetworkWriter writer, OnnxValue x, float[] scale, float[] shift, float epsilon, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "LayerNormalization", x);
        OnnxValue gamma = layer.Weight(scale, ".weight", scale.Length);
        OnnxValue beta = layer.Weight(shift, ".bias", shift.Length);
        (NodeProto node, OnnxValue y) = layer.Operator("LayerNormalization", layer.Enter(x), gamma, beta);
        node.With("axis", -1L).With("epsilon", epsilon);
        return layer.Leave(y);
    }
}
