namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// Writes the nodes of one layer: what it reads it lets in, what it makes it hands out, in the format that the layer computes in, so that
/// casts stand exactly where formats meet.
/// </summary>
/// <param name="network">The network, whose layers these nodes are one of.</param>
/// <param name="name">The layer's name, which those of its nodes and weights begin with.</param>
/// <param name="begun">The layer's entry so far.</param>
/// <param name="float32Because">Why the layer is FP32 whatever the others compute in; null if it computes as they do.</param>
internal sealed class OnnxLayerWriter(OnnxNetworkWriter network, string name, OnnxLayer begun, string? float32Because)
{
    private readonly OnnxLayerFormat _format = float32Because is null ? OnnxLayerFormat.Of(network.Arithmetic) : OnnxLayerFormat.Float32;
    private OnnxLayer _layer = begun;

    /// <summary>Version of the operators.</summary>
    public long Opset => network.Graph.Opset;

    private string Asked => _format.Weights != OnnxElementType.BFloat16 ? "as asked for"
        : _layer.Weights is null ? "BFloat16 is for weights, and it has none"
        : "as asked for: weights stored in BFloat16, computed in Float32";

    /// <summary>A value as the layer reads it.</summary>
    public OnnxValue Enter(OnnxValue x) => _format.Rounds ? Rounded(x) : network.Cast(x, _format.Compute);

    /// <summary>A result inside the layer: rounded where FP16 is spelled out; elsewhere the operator itself has done it.</summary>
    public OnnxValue Round(OnnxValue y) => _format.Rounds ? Rounded(y) : y;

    /// <summary>Adds a weight.</summary>
    /// <param name="values">The weights, row-major; not to change until the file is written.</param>
    /// <param name="suffix">What its name ends with, for example <c>.weight</c>.</param>
    /// <param name="dimensions">Its shape.</param>
    /// <exception cref="ArgumentException">A weight is not finite, or there are more or fewer than the shape asks for.</exception>
    public OnnxValue Weight(float[] values, string suffix, params ReadOnlySpan<long> dimensions)
    {
        OnnxValue weight = network.Weights.Add(values, name + suffix, _format, dimensions);
        _layer = _layer with
        {
            Weights = _format.Weights,
            LargestWeight = _layer.IsAlwaysFloat32 ? 0 : Math.Max(_layer.LargestWeight, LargestOf(values)),
        };
        return weight;
    }

    /// <summary>Adds a constant of one element in FP32, which is no weight.</summary>
    public OnnxValue Constant(float value)
        => network.Graph.AddInitializer(
            OnnxTensors.Wrap(network.Graph.ReserveValueName(name + ".constant"), OnnxElementType.Float, new[] { value }, 1));

    /// <summary>Adds a list of whole numbers, such as a shape.</summary>
    public OnnxValue Integers(params long[] values)
        => network.Graph.AddInitializer(
            OnnxTensors.Wrap(network.Graph.ReserveValueName(name + ".integers"), OnnxElementType.Int64, values, values.Length));

    /// <summary>Appends an operator that computes in the layer's format.</summary>
    /// <param name="operation">The operator, for example <c>Gemm</c>.</param>
    /// <param name="inputs">What it reads, in the layer's format.</param>
    /// <returns>The node, for its attributes, and its result.</returns>
    public (NodeProto Node, OnnxValue Value) Operator(string operation, params ReadOnlySpan<OnnxValue> inputs)
        => network.Graph.AddOperator(operation, name, _format.Compute, inputs);

    /// <summary>Appends an operator that computes in the layer's format, with a name of its own.</summary>
    /// <param name="operation">The operator.</param>
    /// <param name="suffix">What the name ends with, for example <c>.sigmoid</c>.</param>
    /// <param name="inputs">What it reads, in the layer's format.</param>
    /// <returns>The node and its result.</returns>
    public (NodeProto Node, OnnxValue Value) OperatorNamed(string operation, string suffix, params ReadOnlySpan<OnnxValue> inputs)
        => network.Graph.AddOperator(operation, name + suffix, _format.Compute, inputs);

    /// <summary>Neighbouring columns of a matrix.</summary>
    /// <param name="x">(N, C).</param>
    /// <param name="suffix">What the name ends with.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="to">The first behind them.</param>
    public OnnxValue Columns(OnnxValue x, string suffix, int from, int to)
    {
        long[] numbers = [.. Enumerable.Range(from, to - from).Select(column => (long)column)];
        (NodeProto node, OnnxValue value) = OperatorNamed("Gather", suffix, x, Integers(numbers));
        node.With("axis", 1L);
        return value;
    }

    /// <summary>One value behind the other.</summary>
    /// <param name="suffix">What the name ends with.</param>
    /// <param name="axis">Along which dimension.</param>
    /// <param name="first">The one.</param>
    /// <param name="second">The other.</param>
    public OnnxValue Append(string suffix, long axis, OnnxValue first, OnnxValue second)
    {
        (NodeProto node, OnnxValue value) = OperatorNamed("Concat", suffix, first, second);
        node.With("axis", axis);
        return value;
    }

    /// <summary>The layer's result: rounded where FP16 is spelled out; and the layer is noted.</summary>
    public OnnxValue Leave(OnnxValue y)
        => network.Note(_layer with { Value = Round(y), IsFloat16 = _format.IsFloat16, Reason = float32Because ?? Asked });

    private static float LargestOf(float[] weights)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        return largest;
    }

    private OnnxValue Rounded(OnnxValue y) => network.Cast(network.Cast(y, OnnxElementType.Float16), OnnxElementType.Float);
}
