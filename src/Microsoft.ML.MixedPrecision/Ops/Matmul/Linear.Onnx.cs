using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes products into ONNX graphs.</summary>
internal static class LinearOnnx
{
    /// <summary>y = x·Wᵀ + b, as one <c>Gemm</c>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, <paramref name="inputs"/>).</param>
    /// <param name="weight">W: (<paramref name="outputs"/>, <paramref name="inputs"/>), row-major; not to change until the file is
    /// written.</param>
    /// <param name="bias">b: (<paramref name="outputs"/>).</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0</c>.</param>
    /// <returns>y: (N, <paramref name="outputs"/>).</returns>
    /// <exception cref="ArgumentException">A weight is not finite, or there are more or fewer than the shapes ask for.</exception>
    public static OnnxValue Linear(
        this OnnxNetworkWriter writer, OnnxValue x, float[] weight, float[] bias, int inputs, int outputs, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Gemm", x);
        OnnxValue w = layer.Weight(weight, ".weight", outputs, inputs);
        OnnxValue b = layer.Weight(bias, ".bias", outputs);
        (NodeProto node, OnnxValue y) = layer.Operator("Gemm", layer.Enter(x), w, b);
        node.With("transB", 1L);
        return layer.Leave(y);
    }
}
