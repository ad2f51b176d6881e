namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// Writes a network's layers into an ONNX graph. Every method takes values of either floating-point format and casts
/// them to what its operator computes in, so that casts stand exactly where formats meet.
/// </summary>
/// <param name="graph">The graph to write into.</param>
/// <param name="arithmetic">What products and activations compute in.</param>
internal sealed class OnnxNetworkWriter(OnnxGraphBuilder graph, OnnxArithmetic arithmetic)
{
    private readonly OnnxWeights _weights = new(graph, arithmetic);
    private readonly Dictionary<(string Name, OnnxElementType Type), OnnxValue> _casts = [];

    /// <summary>What products and activations compute in.</summary>
    public OnnxArithmetic Arithmetic => arithmetic;

    /// <summary>Weights whose magnitude was above 65504 and was set to that; 0 in FP32.</summary>
    public long SaturatedWeights => _weights.Saturated;

    /// <summary>Keys and values to keep in the file, such as the precision policy of the training.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Names of layers whose product is written in FP32 whatever the arithmetic is, since their results are beyond FP16.</summary>
    public ISet<string> Float32Layers { get; } = new HashSet<string>(StringComparer.Ordinal);

    private OnnxElementType Compute => arithmetic == OnnxArithmetic.Float16 ? OnnxElementType.Float16 : OnnxElementType.Float;

    /// <summary>y = x·Wᵀ + b, as one <c>Gemm</c>.</summary>
    /// <param name="x">x: (N, <paramref name="inputs"/>).</param>
    /// <param name="weight">W: (<paramref name="outputs"/>, <paramref name="inputs"/>), row-major; not to change until the file is written.</param>
    /// <param name="bias">b: (<paramref name="outputs"/>).</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0</c>.</param>
    /// <returns>y: (N, <paramref name="outputs"/>).</returns>
    /// <exception cref="ArgumentException">A weight is not finite, or there are more or fewer than the shapes ask for.</exception>
    public OnnxValue Linear(OnnxValue x, float[] weight, float[] bias, int inputs, int outputs, string layerName)
    {
        if (Float32Layers.Contains(layerName))
            return Float32Linear(x, weight, bias, inputs, outputs, layerName);
        var w = _weights.Add(weight, layerName + ".weight", outputs, inputs);
        var b = _weights.Add(bias, layerName + ".bias", outputs);
        var (node, y) = graph.AddOperator("Gemm", layerName, Compute, Enter(x), w, b);
        node.With("transB", 1L);
        return Round(y);
    }

    /// <summary>y = scale·(x − µ)/√(σ² + ε) + shift over each row, as one <c>LayerNormalization</c>, in FP32 with FP32 weights: in FP16 the CPU
    /// provider really computes in FP16, sums of squares included.</summary>
    /// <param name="x">x: (N, C).</param>
    /// <param name="scale">(C); not to change until the file is written.</param>
    /// <param name="shift">(C); not to change until the file is written.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.norm</c>.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public OnnxValue LayerNorm(OnnxValue x, float[] scale, float[] shift, float epsilon, string layerName)
    {
        var gamma = _weights.AddFloat32(scale, layerName + ".weight", scale.Length);
        var beta = _weights.AddFloat32(shift, layerName + ".bias", shift.Length);
        var (node, y) = graph.AddOperator("LayerNormalization", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float), gamma, beta);
        node.With("axis", -1L).With("epsilon", epsilon);
        return y;
    }

    /// <summary>y = scale·(x − mean)/√(variance + ε) + shift, as one <c>BatchNormalization</c>, in FP32 with FP32 weights as <see cref="LayerNorm"/>.</summary>
    /// <param name="x">x: (N, C).</param>
    /// <param name="norm">The vectors; not to change until the file is written.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.norm</c>.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public OnnxValue BatchNorm(OnnxValue x, OnnxBatchNorm norm, string layerName)
    {
        var gamma = _weights.AddFloat32(norm.Scale, layerName + ".weight", norm.Scale.Length);
        var beta = _weights.AddFloat32(norm.Shift, layerName + ".bias", norm.Shift.Length);
        var mean = _weights.AddFloat32(norm.Mean, layerName + ".running_mean", norm.Mean.Length);
        var variance = _weights.AddFloat32(norm.Variance, layerName + ".running_var", norm.Variance.Length);
        var (node, y) = graph.AddOperator("BatchNormalization", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float), gamma, beta, mean, variance);
        node.With("epsilon", norm.Epsilon);
        return y;
    }

    /// <summary>y = a + b, element by element.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.1.residual</c>.</param>
    /// <returns>The shape of a.</returns>
    public OnnxValue Add(OnnxValue a, OnnxValue b, string layerName)
        => Round(graph.AddOperator("Add", layerName, Compute, Enter(a), Enter(b)).Value);

    /// <summary>y = f(x), element by element.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="kind">f. Gelu is the operator of that name, whose <c>approximate</c> says which form, and is computed in FP32.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.activation</c>.</param>
    /// <returns>The shape of x; x itself for <see cref="ActivationKind.None"/>.</returns>
    public OnnxValue Activation(OnnxValue x, ActivationKind kind, string layerName) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Elementwise("Relu", x, layerName),
        ActivationKind.Tanh => Elementwise("Tanh", x, layerName),
        ActivationKind.Sigmoid => Elementwise("Sigmoid", x, layerName),
        ActivationKind.Silu => Silu(x, layerName),
        ActivationKind.Gelu => Gelu(x, "tanh", layerName),
        ActivationKind.GeluErf => Gelu(x, "none", layerName),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This activation has no ONNX form here; export a network with Relu, Gelu, GeluErf, Silu, Tanh, Sigmoid or None."),
    };

    /// <summary>Softmax of each row, in FP32.</summary>
    /// <param name="x">Logits: (N, C).</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>Probabilities: (N, C), FP32.</returns>
    public OnnxValue Softmax(OnnxValue x, string layerName)
    {
        var (node, y) = graph.AddOperator("Softmax", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float));
        node.With("axis", 1L);
        return y;
    }

    /// <summary>The probability 1/(1 + e^−x) of each logit, in FP32.</summary>
    /// <param name="x">Logits, any shape.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>The shape of x, FP32.</returns>
    public OnnxValue Probability(OnnxValue x, string layerName)
        => graph.AddOperator("Sigmoid", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float)).Value;

    /// <summary>The index of each row's largest element, the first of equals, compared in FP32.</summary>
    /// <param name="x">(N, C). Scores, not logits, if it must agree with what reads the scores: rounding can make two scores equal.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>(N, 1), Int64, from 0.</returns>
    public OnnxValue ArgMax(OnnxValue x, string layerName)
    {
        var (node, index) = graph.AddOperator("ArgMax", layerName, OnnxElementType.Int64, Cast(x, OnnxElementType.Float));
        node.With("axis", 1L).With("keepdims", 1L);
        return index;
    }

    /// <summary>The key of a class as ML.NET counts: index + 1, where 0 means missing.</summary>
    /// <param name="index">(N, 1), Int64, from 0.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>(N, 1), UInt32, from 1.</returns>
    public OnnxValue Key(OnnxValue index, string layerName)
    {
        var one = graph.AddInitializer(OnnxTensors.Wrap(graph.ReserveValueName(layerName + ".one"), OnnxElementType.Int64, new long[] { 1 }, 1));
        var (_, sum) = graph.AddOperator("Add", layerName, OnnxElementType.Int64, index, one);
        return Cast(sum, OnnxElementType.UInt32);
    }

    /// <summary>The value in another format: itself, or behind a <c>Cast</c>, of which there is one per value and format.</summary>
    public OnnxValue Cast(OnnxValue value, OnnxElementType type)
    {
        if (value.Type == type)
            return value;
        if (_casts.TryGetValue((value.Name, type), out var known))
            return known;
        var (node, cast) = graph.AddOperator("Cast", $"{value.Name}.{type}", type, value);
        node.With("to", (long)type);
        return _casts[(value.Name, type)] = cast;
    }

    private OnnxValue Float32Linear(OnnxValue x, float[] weight, float[] bias, int inputs, int outputs, string layerName)
    {
        var w = _weights.AddFloat32(weight, layerName + ".weight", outputs, inputs);
        var b = _weights.AddFloat32(bias, layerName + ".bias", outputs);
        var (node, y) = graph.AddOperator("Gemm", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float), w, b);
        node.With("transB", 1L);
        return y;
    }

    private OnnxValue Elementwise(string operation, OnnxValue x, string layerName)
        => Round(graph.AddOperator(operation, layerName, Compute, Enter(x)).Value);

    private OnnxValue Silu(OnnxValue x, string layerName)
    {
        var entered = Enter(x);
        var gate = Elementwise("Sigmoid", entered, layerName + ".sigmoid");
        return Round(graph.AddOperator("Mul", layerName, Compute, entered, gate).Value);
    }

    private OnnxValue Gelu(OnnxValue x, string approximate, string layerName)
    {
        var (node, y) = graph.AddOperator("Gelu", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float));
        node.With("approximate", approximate);
        return y;
    }

    /// <summary>A value as products and activations read it.</summary>
    private OnnxValue Enter(OnnxValue x) => arithmetic == OnnxArithmetic.RoundedToFloat16 ? Round(x) : Cast(x, Compute);

    /// <summary>Rounds a result where FP16 is spelled out; elsewhere the operator itself has done it.</summary>
    private OnnxValue Round(OnnxValue y)
        => arithmetic == OnnxArithmetic.RoundedToFloat16 ? Cast(Cast(y, OnnxElementType.Float16), OnnxElementType.Float) : y;
}
