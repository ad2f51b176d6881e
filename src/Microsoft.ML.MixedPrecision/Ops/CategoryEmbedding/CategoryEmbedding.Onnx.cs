using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes embeddings of categories into ONNX graphs.</summary>
internal static class CategoryEmbeddingOnnx
{
    /// <summary>
    /// y = [numbers, embeddings]. The row of a category's number v is start + k + u, where k is v if that is whole and from 0 to K, else
    /// 0, and u is 0 for v = 0, else 1: <c>Floor</c>, <c>Equal</c>, <c>Less</c>, <c>Greater</c> and <c>Where</c>, in FP32 and Int64
    /// whatever the layer computes in; then <c>Gather</c> and <c>Concat</c>.
    /// </summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">(N, columns).</param>
    /// <param name="columns">Columns of x.</param>
    /// <param name="places">Where categories stand.</param>
    /// <param name="table">(V, D); not to change until the file is written.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N, n + m·D).</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static OnnxValue CategoryEmbedding(
        this OnnxNetworkWriter writer, OnnxValue x, int columns, CategoryPlaces places, Parameter table, string layerName)
    {
        writer.ReadsCategories = true;
        OnnxLayerWriter layer = writer.Begin(layerName, "Gather", x);
        OnnxValue given = writer.Cast(x, OnnxElementType.Float);
        OnnxValue weight = layer.Weight(table.Values, ".weight", table.Rows, table.Columns);
        OnnxValue rows = Rows(writer, layer, writer.Columns(given, places.First, places.Count), places, layerName);
        OnnxValue gathered = layer.OperatorNamed("Gather", ".gather", weight, rows).Value;
        OnnxValue flat = layer.OperatorNamed("Reshape", ".flat", gathered, layer.Integers(-1, (long)places.Count * table.Columns)).Value;
        if (columns == places.Count)
        {
            return layer.Leave(flat);
        }

        OnnxValue numbers = layer.Enter(Numbers(writer, layer, given, columns, places, layerName));
        var (node, all) = layer.Operator("Concat", numbers, flat);
        node.With("axis", 1L);
        return layer.Leave(all);
    }

    private static OnnxValue Numbers(
        OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue x, int columns, CategoryPlaces places, string name)
    {
        long[] numbers =
        [
            .. Enumerable.Range(0, columns).Where(column => column < places.First || column >= places.First + places.Count)
                .Select(column => (long)column),
        ];
        var (node, some) = writer.Graph.AddOperator("Gather", name + ".numbers", OnnxElementType.Float, x, layer.Integers(numbers));
        node.With("axis", 1L);
        return some;
    }

    private static OnnxValue Rows(OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue v, CategoryPlaces places, string name)
    {
        float[] levels = new float[places.Count];
        long[] starts = new long[places.Count];
        for (int i = 0; i < places.Count; i++)
        {
            starts[i] = places.Starts[i];
            levels[i] = places.Starts[i + 1] - places.Starts[i] - CategoryPlaces.Others;
        }

        OnnxValue zero = layer.Constant(0), most = Floats(writer, levels, name + ".levels");
        OnnxValue whole = Bool("Equal", v, writer.Graph.AddOperator("Floor", name + ".floor", OnnxElementType.Float, v).Value);
        OnnxValue within = Not(Bool("Or", Bool("Less", v, zero), Bool("Greater", v, most)));
        OnnxValue level = writer.Graph.AddOperator(
            "Where", name + ".level", OnnxElementType.Float, Bool("And", whole, within), v, zero).Value;
        OnnxValue other = writer.Cast(Not(Bool("Equal", v, zero)), OnnxElementType.Int64);
        return Add(Add(writer.Cast(level, OnnxElementType.Int64), other), layer.Integers(starts));

        OnnxValue Bool(string operation, OnnxValue a, OnnxValue b)
            => writer.Graph.AddOperator(operation, $"{name}.{operation}", OnnxElementType.Bool, a, b).Value;
        OnnxValue Not(OnnxValue a) => writer.Graph.AddOperator("Not", name + ".not", OnnxElementType.Bool, a).Value;
        OnnxValue Add(OnnxValue a, OnnxValue b) => writer.Graph.AddOperator("Add", name + ".row", OnnxElementType.Int64, a, b).Value;
    }

    private static OnnxValue Floats(OnnxNetworkWriter writer, float[] values, string name)
        => writer.Graph.AddInitializer(
            OnnxTensors.Wrap(writer.Graph.ReserveValueName(name), OnnxElementType.Float, values, values.Length));
}
