namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <content>The layers.</content>
internal sealed partial class OnnxNetworkWriter
{
    /// <summary>y = x·Wᵀ + b, as one <c>Gemm</c>.</summary>
    /// <param name="x">x: (N, <paramref name="inputs"/>).</param>
    /// <param name="weight">W: (<paramref name="outputs"/>, <paramref name="inputs"/>), row-major; not to change until the file is
    /// written.</param>
    /// <param name="bias">b: (<paramref name="outputs"/>).</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of y.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0</c>.</param>
    /// <returns>y: (N, <paramref name="outputs"/>).</returns>
    /// <exception cref="ArgumentException">A weight is not finite, or there are more or fewer than the shapes ask for.</exception>
    public OnnxValue Linear(OnnxValue x, float[] weight, float[] bias, int inputs, int outputs, string layerName)
    {
        var format = FormatOf(layerName);
        var layer = Begin(layerName, "Gemm", x) with
        {
            LargestWeight = Math.Max(LargestOf(weight), LargestOf(bias)),
            Weights = format.Weights,
        };
        var w = _weights.Add(weight, layerName + ".weight", format, outputs, inputs);
        var b = _weights.Add(bias, layerName + ".bias", format, outputs);
        var (node, y) = graph.AddOperator("Gemm", layerName, format.Compute, Enter(x, format), w, b);
        node.With("transB", 1L);
        return Leave(y, layer, format);
    }

    /// <summary>y = scale·(x − µ)/√(σ² + ε) + shift over each row, as one <c>LayerNormalization</c>, in FP32 with FP32 weights: in FP16 the
    /// CPU
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
        var layer = Begin(layerName, "LayerNormalization", x) with { Weights = OnnxElementType.Float };
        var gamma = _weights.Add(scale, layerName + ".weight", OnnxLayerFormat.Float32, scale.Length);
        var beta = _weights.Add(shift, layerName + ".bias", OnnxLayerFormat.Float32, shift.Length);
        var (node, y) = graph.AddOperator(
            "LayerNormalization",
            layerName,
            OnnxElementType.Float,
            Cast(x, OnnxElementType.Float),
            gamma,
            beta);
        node.With("axis", -1L).With("epsilon", epsilon);
        return LeaveFloat32(y, layer);
    }

    /// <summary>y = scale·(x − mean)/√(variance + ε) + shift, as one <c>BatchNormalization</c>, in FP32 with FP32 weights as
    /// <see cref="LayerNorm"/>.</summary>
    /// <param name="x">x: (N, C).</param>
    /// <param name="norm">The vectors; not to change until the file is written.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.norm</c>.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public OnnxValue BatchNorm(OnnxValue x, OnnxBatchNorm norm, string layerName)
    {
        var layer = Begin(layerName, "BatchNormalization", x) with { Weights = OnnxElementType.Float };
        var gamma = Vector(norm.Scale, ".weight");
        var beta = Vector(norm.Shift, ".bias");
        var mean = Vector(norm.Mean, ".running_mean");
        var variance = Vector(norm.Variance, ".running_var");
        var (node, y) = graph.AddOperator(
            "BatchNormalization",
            layerName,
            OnnxElementType.Float,
            Cast(x, OnnxElementType.Float),
            gamma,
            beta,
            mean,
            variance);
        node.With("epsilon", norm.Epsilon);
        return LeaveFloat32(y, layer);

        OnnxValue Vector(float[] values, string suffix) => _weights.Add(values, layerName + suffix, OnnxLayerFormat.Float32, values.Length);
    }

    /// <summary>y = a + b, element by element.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.1.residual</c>.</param>
    /// <returns>The shape of a.</returns>
    public OnnxValue Add(OnnxValue a, OnnxValue b, string layerName)
    {
        var layer = Begin(layerName, "Add", a, b);
        var format = FormatOf(layerName);
        return Leave(graph.AddOperator("Add", layerName, format.Compute, Enter(a, format), Enter(b, format)).Value, layer, format);
    }

    /// <summary>y = f(x), element by element, by the operator that ONNX has for f.</summary>
    /// <param name="operation">The operator, for example <c>Relu</c>.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.activation</c>.</param>
    /// <returns>The shape of x.</returns>
    public OnnxValue Elementwise(string operation, OnnxValue x, string layerName)
    {
        var layer = Begin(layerName, operation, x);
        var format = FormatOf(layerName);
        return Leave(graph.AddOperator(operation, layerName, format.Compute, Enter(x, format)).Value, layer, format);
    }

    /// <summary>y = x/(1 + e^−x).</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>The shape of x.</returns>
    public OnnxValue Silu(OnnxValue x, string layerName)
    {
        var layer = Begin(layerName, "Silu", x);
        var format = FormatOf(layerName);
        var entered = Enter(x, format);
        var gate = graph.AddOperator("Sigmoid", layerName + ".sigmoid", format.Compute, entered).Value;
        return Leave(graph.AddOperator("Mul", layerName, format.Compute, entered, format.Rounds ? Round(gate) : gate).Value, layer, format);
    }

    /// <summary>y = x·Φ(x), in FP32: by the operator of that name where the opset has it, else spelled out.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="approximate">The operator's attribute: <see cref="OnnxGelu.None"/> or <see cref="OnnxGelu.Tanh"/>.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>The shape of x, FP32.</returns>
    public OnnxValue Gelu(OnnxValue x, string approximate, string layerName)
    {
        var layer = Begin(layerName, "Gelu", x);
        var entered = Cast(x, OnnxElementType.Float);
        if (graph.Opset < 20)
        {
            return LeaveFloat32(new OnnxGelu(graph, layerName).Write(entered, approximate), layer);
        }

        var (node, y) = graph.AddOperator("Gelu", layerName, OnnxElementType.Float, entered);
        node.With("approximate", approximate);
        return LeaveFloat32(y, layer);
    }

    /// <summary>Softmax of each row, in FP32.</summary>
    /// <param name="x">Logits: (N, C).</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>Probabilities: (N, C), FP32.</returns>
    public OnnxValue Softmax(OnnxValue x, string layerName)
    {
        var layer = Begin(layerName, "Softmax", x);
        var (node, y) = graph.AddOperator("Softmax", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float));
        node.With("axis", 1L);
        return LeaveFloat32(y, layer);
    }

    /// <summary>The probability 1/(1 + e^−x) of each logit, in FP32.</summary>
    /// <param name="x">Logits, any shape.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>The shape of x, FP32.</returns>
    public OnnxValue Probability(OnnxValue x, string layerName)
    {
        var layer = Begin(layerName, "Sigmoid", x);
        return LeaveFloat32(graph.AddOperator("Sigmoid", layerName, OnnxElementType.Float, Cast(x, OnnxElementType.Float)).Value, layer);
    }

    /// <summary>The key of each row's largest score as ML.NET counts: place + 1, the first of equals; 0, missing, for a row of
    /// NaN.</summary>
    /// <param name="scores">(N, C). Scores, not logits, if it must agree with what reads the scores: rounding can make two scores
    /// equal.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>(N, 1), UInt32.</returns>
    public OnnxValue Key(OnnxValue scores, string layerName)
        => Cast(new OnnxBestClass(graph, layerName).Write(Cast(scores, OnnxElementType.Float), largest: true), OnnxElementType.UInt32);

    private static float LargestOf(float[] weights)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = Math.Max(largest, Math.Abs(weight));
        }

        return largest;
    }
}
