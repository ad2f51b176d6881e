using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes tokens of features into ONNX graphs.</summary>
internal static class FeatureTokensOnnx
{
    /// <summary>In FP32: <c>Gather</c> and <c>Mul</c> of the numbers, <c>Concat</c> with the cells, <c>Pad</c> by a token of zeros in
    /// front, and <c>Add</c> of the biases; <c>Reshape</c> in between.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, n + m·d).</param>
    /// <param name="weight">(n, d), or null; not to change until the file is written.</param>
    /// <param name="bias">(T, d), T = 1 + n + m; not to change until the file is written.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N·T, d), FP32.</returns>
    /// <exception cref="ArgumentException">A parameter is not finite.</exception>
    public static OnnxValue FeatureTokens(this OnnxNetworkWriter writer, OnnxValue x, Parameter? weight, Parameter bias, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "FeatureTokens", x);
        OnnxValue entered = layer.Enter(x);
        int count = weight?.Rows ?? 0, tokens = bias.Rows, columns = bias.Columns, cells = tokens - 1 - count;
        OnnxValue? numbers = weight is null ? null : Numbers(layer, entered, weight, hasOthers: cells > 0);
        OnnxValue read = cells == 0 ? numbers!.Value : Cells(layer, entered, (count, cells, columns), numbers);
        OnnxValue padded = layer.OperatorNamed("Pad", ".padded", read, layer.Integers(0, 1, 0, 0, 0, 0)).Value;
        OnnxValue biases = layer.Weight(bias.Values, ".bias", tokens, columns);
        OnnxValue sum = layer.OperatorNamed("Add", ".sum", padded, biases).Value;
        return layer.Leave(layer.Operator("Reshape", sum, layer.Integers(-1, columns)).Value);
    }

    /// <summary>x·w: (N, n, d).</summary>
    private static OnnxValue Numbers(OnnxLayerWriter layer, OnnxValue x, Parameter weight, bool hasOthers)
    {
        int count = weight.Rows;
        OnnxValue numbers = hasOthers ? layer.Columns(x, ".numbers", 0, count) : x;
        OnnxValue apart = layer.OperatorNamed("Reshape", ".apart", numbers, layer.Integers(-1, count, 1)).Value;
        OnnxValue weights = layer.Weight(weight.Values, ".weight", count, weight.Columns);
        return layer.OperatorNamed("Mul", ".scaled", apart, weights).Value;
    }

    /// <summary>The numbers' tokens, then the cells: (N, n + m, d).</summary>
    private static OnnxValue Cells(OnnxLayerWriter layer, OnnxValue x, (int Numbers, int Cells, int Columns) size, OnnxValue? numbers)
    {
        OnnxValue flat = numbers is null ? x : layer.Columns(x, ".rest", size.Numbers, size.Numbers + (size.Cells * size.Columns));
        OnnxValue cells = layer.OperatorNamed("Reshape", ".cells", flat, layer.Integers(-1, size.Cells, size.Columns)).Value;
        return numbers is { } before ? layer.Append(".tokens", 1, before, cells) : cells;
    }
}
