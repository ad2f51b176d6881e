using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes products of sparse rows into ONNX graphs, where rows are dense.</summary>
internal static class EmbeddingBagOnnx
{
    /// <summary>y = x·W, as one <c>MatMul</c>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, V).</param>
    /// <param name="table">W: (V, D); not to change until the file is written.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N, D).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue EmbeddingBag(this OnnxNetworkWriter writer, OnnxValue x, Parameter table, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "MatMul", x);
        OnnxValue weight = layer.Weight(table.Values, ".weight", table.Rows, table.Columns);
        return layer.Leave(layer.Operator("MatMul", layer.Enter(x), weight).Value);
    }
}
