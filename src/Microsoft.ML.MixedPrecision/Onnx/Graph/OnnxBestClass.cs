namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// The key of each row's best class as ML.NET's scorers have it: 1 + the place of the largest score (or of the smallest, for distances),
/// the first of
/// equals; NaN does not count, and a row of nothing but NaN has the missing key, 0. <c>ArgMax</c> alone would give such a row the first
/// class.
/// </summary>
/// <remarks>
/// With b[k] = [score k is NaN or worse than the best of those that are not], the key is the place of the first 0 of b, plus 1 if there is
/// one: all in
/// operators that mean the same in opsets 9 to 20, but for <c>axes</c>. Source: ML.NET's MathUtils.ArgMax, MulticlassClassificationScorer
/// and ClusteringScorer.
/// </remarks>
/// <param name="graph">The graph to write into.</param>
/// <param name="name">Wish for the names of nodes and values.</param>
internal sealed class OnnxBestClass(OnnxGraphBuilder graph, string name)
{
    /// <summary>Writes the nodes.</summary>
    /// <param name="scores">(N, C), FP32.</param>
    /// <param name="largest">Whether the largest score is best, not the smallest.</param>
    /// <returns>(N, 1), Int64, from 1; 0 for none.</returns>
    public OnnxValue Write(OnnxValue scores, bool largest)
    {
        var isNaN = Add("IsNaN", OnnxElementType.Bool, scores);
        var counted = Add("Where", OnnxElementType.Float, isNaN, graph.AddInfinity(negative: largest, name + ".none"), scores);
        var best = Reduce(largest ? "ReduceMax" : "ReduceMin", counted);
        var isWorse = Add("Or", OnnxElementType.Bool, isNaN, Add(largest ? "Less" : "Greater", OnnxElementType.Bool, counted, best));
        var isBest = Cast(Add("Not", OnnxElementType.Bool, isWorse), OnnxElementType.Int32);
        var (place, index) = graph.AddOperator("ArgMax", name, OnnxElementType.Int64, isBest);
        place.With("axis", 1L).With("keepdims", 1L);
        return Add("Add", OnnxElementType.Int64, index, Cast(Reduce("ReduceMax", isBest), OnnxElementType.Int64));
    }

    /// <summary>Reduces rows; the axes are an attribute up to opset 17 and an input behind that.</summary>
    private OnnxValue Reduce(string operation, OnnxValue x)
    {
        OnnxValue[] read = graph.Opset >= 18
            ? [x, graph.AddInitializer(OnnxTensors.Wrap(graph.ReserveValueName(name + ".axes"), OnnxElementType.Int64, new[] { 1L }, 1))]
            : [x];
        var (node, y) = graph.AddOperator(operation, name, x.Type, read);
        if (read.Length == 1)
        {
            node.With("axes", [1L]);
        }

        node.With("keepdims", 1L);
        return y;
    }

    private OnnxValue Cast(OnnxValue x, OnnxElementType type)
    {
        var (node, y) = graph.AddOperator("Cast", name, type, x);
        node.With("to", (long)type);
        return y;
    }

    private OnnxValue Add(string operation, OnnxElementType type, params ReadOnlySpan<OnnxValue> read)
        => graph.AddOperator(operation, name, type, read).Value;
}
