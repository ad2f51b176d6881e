using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes look-ups of rows into ONNX graphs.</summary>
internal static class EmbeddingOnnx
{
    /// <summary>
    /// y[n·T + t] = table[ids[n, t]], as <c>Gather</c> of rows and <c>Reshape</c> to one row a position. The padding id's row of the table
    /// is written as zeros, whatever it is. ONNX Runtime refuses an id of V and more; it takes one from −V to −1 as counted from the end.
    /// </summary>
    /// <param name="writer">Where to.</param>
    /// <param name="ids">Ids (N, T), Int64 or Int32; others are cast to Int64.</param>
    /// <param name="table">(V, D); not to change until the file is written.</param>
    /// <param name="padding">The padding id; null for none.</param>
    /// <param name="layerName">The layer's name, for example <c>tokens</c>.</param>
    /// <returns>y: (N·T, D).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue Embedding(this OnnxNetworkWriter writer, OnnxValue ids, Parameter table, int? padding, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Gather", ids);
        OnnxValue rows = layer.Weight(WithoutPadding(table, padding), ".weight", table.Rows, table.Columns);
        OnnxValue read = ids.Type == OnnxElementType.Int32 ? ids : writer.Cast(ids, OnnxElementType.Int64);
        OnnxValue gathered = layer.OperatorNamed("Gather", ".gather", rows, read).Value;
        return layer.Leave(layer.Operator("Reshape", gathered, layer.Integers(-1, table.Columns)).Value);
    }

    private static float[] WithoutPadding(Parameter table, int? padding)
    {
        if (padding is not { } id || !table.Values.AsSpan(id * table.Columns, table.Columns).ContainsAnyExcept(0f))
        {
            return table.Values;
        }

        float[] values = [.. table.Values];
        values.AsSpan(id * table.Columns, table.Columns).Clear();
        return values;
    }
}
