namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <content>What stands before the first layer and behind the last, in FP32 in every file.</content>
internal sealed partial class OnnxNetworkWriter
{
    /// <summary>
    /// y = (x − shift)·factor, as <c>Sub</c> and <c>Mul</c> in FP32, ahead of the first cast. No layer: it is FP32 in every file, and what
    /// layers know as the
    /// network's input is its result.
    /// </summary>
    /// <param name="x">x: (N, C), FP32.</param>
    /// <param name="shift">(C); not to change until the file is written.</param>
    /// <param name="factor">(C); not to change until the file is written.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">An element of the vectors is not finite.</exception>
    public OnnxValue Scale(OnnxValue x, float[] shift, float[] factor)
    {
        ScalesFeatures = true;
        var from = Weights.Add(shift, "features.shift", OnnxLayerFormat.Float32, shift.Length);
        var by = Weights.Add(factor, "features.factor", OnnxLayerFormat.Float32, factor.Length);
        var centred = graph.AddOperator("Sub", "features.centred", OnnxElementType.Float, Cast(x, OnnxElementType.Float), from).Value;
        return graph.AddOperator("Mul", "features.scaled", OnnxElementType.Float, centred, by).Value;
    }

    /// <summary>Some columns of a value in FP32, one behind the other; no layer.</summary>
    /// <param name="x">(N, columns).</param>
    /// <param name="first">The first of them.</param>
    /// <param name="count">How many.</param>
    /// <returns>(N, count).</returns>
    public OnnxValue Columns(OnnxValue x, int first, int count)
    {
        long[] columns = [.. Enumerable.Range(first, count).Select(column => (long)column)];
        OnnxValue places = graph.AddInitializer(
            OnnxTensors.Wrap(graph.ReserveValueName("features.places"), OnnxElementType.Int64, columns, count));
        var (node, some) = graph.AddOperator("Gather", "features.some", OnnxElementType.Float, Cast(x, OnnxElementType.Float), places);
        node.With("axis", 1L);
        return some;
    }

    /// <summary>
    /// No layer: y = outputs + Σᵢ 0·xᵢ, the outputs themselves for a row of finite features, and NaN, all of them, for a row that holds NaN
    /// or an infinity, as the model answers such a row. The layers alone would not do so: a maximum may turn NaN into 0, a hyperbolic
    /// tangent an infinity into 1. The sum is a <c>Gemm</c> in FP32 with one column of zeros, ahead of any cast; it costs a row as many
    /// products as one more unit of the first layer.
    /// </summary>
    /// <param name="outputs">(N, outputs).</param>
    /// <param name="x">x: (N, <paramref name="inputs"/>), the features as they are given but for gaps that are filled, FP32.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <returns>y: (N, outputs), FP32.</returns>
    public OnnxValue NaNUnlessFinite(OnnxValue outputs, OnnxValue x, int inputs)
    {
        if (inputs == 0)
        {
            return outputs;
        }

        var zeros = Weights.Add(new float[inputs], "features.zeros", OnnxLayerFormat.Float32, 1, inputs);
        var zero = Weights.Add(new float[1], "features.zero", OnnxLayerFormat.Float32, 1);
        var (node, sum) = graph.AddOperator("Gemm", "features.finite", OnnxElementType.Float, Cast(x, OnnxElementType.Float), zeros, zero);
        node.With("transB", 1L);
        var y = graph.AddOperator("Add", "outputs.finite", OnnxElementType.Float, Cast(outputs, OnnxElementType.Float), sum).Value;
        _layerOfValue[y.Name] = _layerOfValue[outputs.Name];
        return y;
    }

    /// <summary>Ids of tokens, and how many of each example are real. No layer.</summary>
    /// <param name="x">(N, T): of each token its id and 1 more, 0 behind the last.</param>
    /// <returns>(N, T), 0 behind the last; and (N, 1); both Int64.</returns>
    public (OnnxValue Ids, OnnxValue Lengths) Tokens(OnnxValue x)
    {
        ReadsCategories = true;
        OnnxValue tokens = Cast(x, OnnxElementType.Int64);
        OnnxValue one = Whole("tokens.one", 1);
        OnnxValue before = graph.AddOperator("Sub", "tokens.before", OnnxElementType.Int64, tokens, one).Value;
        OnnxValue ids = graph.AddOperator("Max", "tokens.ids", OnnxElementType.Int64, before, Whole("tokens.none", 0)).Value;
        OnnxValue real = graph.AddOperator("Min", "tokens.real", OnnxElementType.Int64, tokens, one).Value;
        return (ids, graph.AddOperator("ReduceSum", "tokens.lengths", OnnxElementType.Int64, real, one).Value);
    }

    private OnnxValue Whole(string name, params long[] values) => graph.AddInitializer(
        OnnxTensors.Wrap(graph.ReserveValueName(name), OnnxElementType.Int64, values, values.Length));

    /// <summary>The probability 1/(1 + e^−x) of each logit, in FP32.</summary>
    /// <param name="x">Logits, any shape.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>The shape of x, FP32.</returns>
    public OnnxValue Probability(OnnxValue x, string layerName)
    {
        OnnxLayerWriter layer = BeginFloat32(layerName, "Sigmoid", x);
        return layer.Leave(layer.Operator("Sigmoid", layer.Enter(x)).Value);
    }

    /// <summary>The key of each row's largest score as ML.NET counts: place + 1, the first of equals; 0, missing, for a row of
    /// NaN. No layer.</summary>
    /// <param name="scores">(N, C). Scores, not logits, if it must agree with what reads the scores: rounding can make two scores
    /// equal.</param>
    /// <param name="layerName">Wish for the names of nodes and values.</param>
    /// <returns>(N, 1), UInt32.</returns>
    public OnnxValue Key(OnnxValue scores, string layerName)
        => Cast(new OnnxBestClass(graph, layerName).Write(Cast(scores, OnnxElementType.Float), largest: true), OnnxElementType.UInt32);
}
