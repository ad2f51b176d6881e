using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes sums into ONNX graphs.</summary>
internal static class ResidualOnnx
{
    /// <summary>y = a + b, element by element.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.1.residual</c>.</param>
    /// <returns>The shape of a.</returns>
    public static OnnxValue Add(this OnnxNetworkWriter writer, OnnxValue a, OnnxValue b, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Add", a, b);
        return layer.Leave(layer.Operator("Add", layer.Enter(a), layer.Enter(b)).Value);
    }
}
