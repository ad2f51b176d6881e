using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <summary>Writes what a network of classes scores with into ONNX graphs.</summary>
internal static class SoftmaxOnnx
{
    /// <summary>Softmax of each row, in FP32.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">Logits: (N, C).</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>Probabilities: (N, C), FP32.</returns>
    public static OnnxValue Softmax(this OnnxNetworkWriter writer, OnnxValue x, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "Softmax", x);
        (NodeProto node, OnnxValue y) = layer.Operator("Softmax", layer.Enter(x));
        node.With("axis", 1L);
        return layer.Leave(y);
    }
}
