using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes the members' views of examples into ONNX graphs.</summary>
internal static class MemberSpreadOnnx
{
    /// <summary>y[n·k + i] = x[n] ⊙ rᵢ: <c>Reshape</c> to (N, 1, C), <c>Mul</c> by (k, C), and <c>Reshape</c> to rows.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="scale">r: (k, C); not to change until the file is written.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.spread</c>.</param>
    /// <returns>y: (N·k, C).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue MemberSpread(this OnnxNetworkWriter writer, OnnxValue x, Parameter scale, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Mul", x);
        OnnxValue r = layer.Weight(scale.Values, ".weight", scale.Rows, scale.Columns);
        OnnxValue rows = layer.OperatorNamed("Reshape", ".rows", layer.Enter(x), layer.Integers(-1, 1, scale.Columns)).Value;
        OnnxValue members = layer.OperatorNamed("Mul", ".members", rows, r).Value;
        return layer.Leave(layer.Operator("Reshape", members, layer.Integers(-1, scale.Columns)).Value);
    }
}
