using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes normalisations of columns into ONNX graphs.</summary>
internal static class BatchNormOnnx
{
    /// <summary>y = γ·(x − mean)/√(variance + ε) + β with the running statistics, as one <c>BatchNormalization</c>, in FP32 with FP32
    /// weights as <see cref="LayerNormOnnx"/>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="parts">The vectors (C); not to change until the file is written.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.norm</c>.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue BatchNorm(this OnnxNetworkWriter writer, OnnxValue x, BatchNormParts parts, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "BatchNormalization", x);
        OnnxValue gamma = Vector(layer, parts.Scale, ".weight");
        OnnxValue beta = Vector(layer, parts.Shift, ".bias");
        OnnxValue mean = Vector(layer, parts.Mean, ".running_mean");
        OnnxValue variance = Vector(layer, parts.Variance, ".running_var");
        (NodeProto node, OnnxValue y) = layer.Operator("BatchNormalization", layer.Enter(x), gamma, beta, mean, variance);
        node.With("epsilon", BatchNormKernel.Epsilon);
        return layer.Leave(y);
    }

    private static OnnxValue Vector(OnnxLayerWriter layer, StoredMatrix vector, string suffix)
        => layer.Weight(vector.Values, suffix, vector.Columns);
}
