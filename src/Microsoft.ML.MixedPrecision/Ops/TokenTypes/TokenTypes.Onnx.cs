using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes types of tokens into ONNX graphs, of examples padded to one length.</summary>
internal static class TokenTypesOnnx
{
    /// <summary>y[n·T + t] = x[n·T + t] + table[k], k = min(1, separators of example n before step t).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">(N·T, C).</param>
    /// <param name="ids">(N, T), Int64; others are cast to it.</param>
    /// <param name="table">(2, C); not to change until the file is written.</param>
    /// <param name="separator">The separator's id.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>(N·T, C).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue TokenTypes(
        this OnnxNetworkWriter writer, OnnxValue x, OnnxValue ids, Parameter table, int separator, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Add", x);
        OnnxValue weight = layer.Weight(table.Values, ".weight", table.Rows, table.Columns);
        OnnxValue types = Types(writer, layer, writer.Cast(ids, OnnxElementType.Int64), separator, layerName);
        OnnxValue gathered = layer.OperatorNamed("Gather", ".gather", weight, types).Value;
        OnnxValue rows = layer.OperatorNamed("Reshape", ".rows", gathered, layer.Integers(-1, table.Columns)).Value;
        return layer.Leave(layer.Operator("Add", layer.Enter(x), rows).Value);
    }

    /// <summary>(N, T), Int64: 0 or 1.</summary>
    private static OnnxValue Types(OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue ids, int separator, string name)
    {
        OnnxGraphBuilder graph = writer.Graph;
        OnnxValue separates = graph.AddOperator("Equal", name + ".separates", OnnxElementType.Bool, ids, layer.Integers(separator)).Value;
        OnnxValue steps = graph.AddInitializer(
            OnnxTensors.Wrap(graph.ReserveValueName(name + ".steps"), OnnxElementType.Int64, new[] { 1L }));
        (NodeProto sum, OnnxValue before) = graph.AddOperator(
            "CumSum", name + ".before", OnnxElementType.Int64, writer.Cast(separates, OnnxElementType.Int64), steps);
        sum.With("exclusive", 1L);
        return graph.AddOperator("Min", name + ".types", OnnxElementType.Int64, before, layer.Integers(1)).Value;
    }
}
