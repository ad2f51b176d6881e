using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes positions into ONNX graphs, of examples padded to one length.</summary>
internal static class PositionsOnnx
{
    /// <summary>y[n·T + t] = x[n·T + t] + table[t].</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">(N·T, C).</param>
    /// <param name="table">(P, C); not to change until the file is written.</param>
    /// <param name="steps">T, P at most.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>(N·T, C).</returns>
    public static OnnxValue Positions(this OnnxNetworkWriter writer, OnnxValue x, Parameter table, int steps, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Add", x);
        float[] used = steps == table.Rows ? table.Values : table.Values[..(steps * table.Columns)];
        OnnxValue weight = layer.Weight(used, ".weight", steps, table.Columns);
        OnnxValue apart = layer.OperatorNamed("Reshape", ".examples", layer.Enter(x), layer.Integers(-1, steps, table.Columns)).Value;
        OnnxValue sum = layer.OperatorNamed("Add", ".sum", apart, weight).Value;
        return layer.Leave(layer.Operator("Reshape", sum, layer.Integers(-1, table.Columns)).Value);
    }
}
