using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes products of members into ONNX graphs.</summary>
internal static class MemberLinearOnnx
{
    /// <summary>
    /// y = x·Wᵢᵀ + bᵢ of each example's row i: <c>Reshape</c> to (N, k, D), <c>Transpose</c> to (k, N, D), <c>MatMul</c> by (k, D, C),
    /// <c>Transpose</c> to (N, k, C), <c>Add</c> of (k, C), and <c>Reshape</c> to rows.
    /// </summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N·k, D).</param>
    /// <param name="weight">W: (k·C, D).</param>
    /// <param name="bias">b: (k, C); not to change until the file is written.</param>
    /// <param name="layerName">The layer's name, for example <c>output</c>.</param>
    /// <returns>y: (N·k, C).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue MemberLinear(this OnnxNetworkWriter writer, OnnxValue x, Parameter weight, Parameter bias, string layerName)
    {
        (int members, int columns, int inputs) = (bias.Rows, bias.Columns, weight.Columns);
        OnnxLayerWriter layer = writer.Begin(layerName, "MatMul", x);
        OnnxValue w = layer.Weight(Transposed(weight, members, columns), ".weight", members, inputs, columns);
        OnnxValue b = layer.Weight(bias.Values, ".bias", members, columns);
        OnnxValue rows = layer.OperatorNamed("Reshape", ".members", layer.Enter(x), layer.Integers(-1, members, inputs)).Value;
        OnnxValue product = layer.OperatorNamed("MatMul", ".product", Swapped(layer, rows), w).Value;
        OnnxValue shifted = layer.OperatorNamed("Add", ".shifted", Swapped(layer, layer.Round(product)), b).Value;
        return layer.Leave(layer.Operator("Reshape", shifted, layer.Integers(-1, columns)).Value);
    }

    private static OnnxValue Swapped(OnnxLayerWriter layer, OnnxValue x)
    {
        (NodeProto node, OnnxValue y) = layer.OperatorNamed("Transpose", ".swapped", x);
        node.With("perm", [1L, 0L, 2L]);
        return y;
    }

    /// <summary>(k, D, C) from (k·C, D).</summary>
    private static float[] Transposed(Parameter weight, int members, int columns)
    {
        float[] values = new float[weight.Values.Length];
        for (int row = 0; row < members * columns; row++)
        {
            (int member, int column) = Math.DivRem(row, columns);
            for (int input = 0; input < weight.Columns; input++)
            {
                values[(((member * weight.Columns) + input) * columns) + column] = weight.Values[(row * weight.Columns) + input];
            }
        }

        return values;
    }
}
