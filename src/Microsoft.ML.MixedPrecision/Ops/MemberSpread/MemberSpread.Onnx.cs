using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes the members' views of examples into ONNX graphs.</summary>
internal static class MemberSpreadOnnx
{
    /// <summary>y[n·k + i] = x[n] ⊙ rᵢ: <c>Reshape</c> to (N, 1, C), <c>Mul</c> by (k, C), or without r <c>Concat</c> of k of them, and
    /// <c>Reshape</c> to rows.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="columns">C.</param>
    /// <param name="members">k.</param>
    /// <param name="scale">r: (k, C), or null: 1; not to change until the file is written.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.spread</c>.</param>
    /// <returns>y: (N·k, C).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue MemberSpread(
        this OnnxNetworkWriter writer, OnnxValue x, int columns, int members, Parameter? scale, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, scale is null ? "Concat" : "Mul", x);
        OnnxValue rows = layer.OperatorNamed("Reshape", ".rows", layer.Enter(x), layer.Integers(-1, 1, columns)).Value;
        OnnxValue all = scale is null
            ? Copies(layer, rows, members)
            : layer.OperatorNamed("Mul", ".members", rows, layer.Weight(scale.Values, ".weight", members, columns)).Value;
        return layer.Leave(layer.Operator("Reshape", all, layer.Integers(-1, columns)).Value);
    }

    private static OnnxValue Copies(OnnxLayerWriter layer, OnnxValue rows, int members)
    {
        (NodeProto node, OnnxValue all) = layer.OperatorNamed("Concat", ".members", [.. Enumerable.Repeat(rows, members)]);
        node.With("axis", 1L);
        return all;
    }
}
