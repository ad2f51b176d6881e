using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes scales of members into ONNX graphs.</summary>
internal static class MemberScaleOnnx
{
    /// <summary>y = x ⊙ s + b of each example's k rows: <c>Reshape</c> to (N, k, C), <c>Mul</c>, <c>Add</c>, and <c>Reshape</c>
    /// back.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N·k, C).</param>
    /// <param name="scale">s: (k, C); not to change until the file is written.</param>
    /// <param name="bias">b: (k, C); null for none.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.members</c>.</param>
    /// <returns>y: (N·k, C).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue MemberScale(this OnnxNetworkWriter writer, OnnxValue x, Parameter scale, Parameter? bias, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Mul", x);
        OnnxValue s = layer.Weight(scale.Values, ".weight", scale.Rows, scale.Columns);
        OnnxValue members = layer.OperatorNamed("Reshape", ".members", layer.Enter(x), layer.Integers(-1, scale.Rows, scale.Columns)).Value;
        OnnxValue y = layer.OperatorNamed("Mul", ".scaled", members, s).Value;
        if (bias is not null)
        {
            y = layer.OperatorNamed("Add", ".shifted", layer.Round(y), layer.Weight(bias.Values, ".bias", bias.Rows, bias.Columns)).Value;
        }

        return layer.Leave(layer.Operator("Reshape", y, layer.Integers(-1, scale.Columns)).Value);
    }
}
