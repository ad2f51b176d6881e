namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>
/// Gelu in operators of opset 13, in FP32, for opsets that do not have it:
/// x/2·(1 + erf(x/√2)), or x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
/// </summary>
/// <remarks>Source: the function body of the operator, https://github.com/onnx/onnx/blob/main/docs/Operators.md#Gelu.</remarks>
/// <param name="graph">The graph to write into.</param>
/// <param name="layerName">The layer's name.</param>
internal sealed class OnnxGelu(OnnxGraphBuilder graph, string layerName)
{
    /// <summary>The operator's attribute <c>approximate</c> for the formula with erf.</summary>
    public const string None = "none";

    /// <summary>The operator's attribute <c>approximate</c> for the formula with tanh.</summary>
    public const string Tanh = "tanh";

    /// <summary>Writes the nodes.</summary>
    /// <param name="x">Any shape, FP32.</param>
    /// <param name="approximate"><see cref="None"/> or <see cref="Tanh"/>.</param>
    /// <returns>The shape of x, FP32.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such form.</exception>
    public OnnxValue Write(OnnxValue x, string approximate)
    {
        var bounded = approximate switch
        {
            None => Operator("Erf", Times(x, 1 / Math.Sqrt(2))),
            Tanh => Operator("Tanh", Times(Operator("Mul", x, Plus(Times(Operator("Mul", x, x), 0.044715), 1)), Math.Sqrt(2 / Math.PI))),
            _ => throw new ArgumentOutOfRangeException(nameof(approximate), approximate, $"Gelu has the forms '{None}' and '{Tanh}'; "
                + $"use one of them."),
        };
        return Operator("Mul", Times(x, 0.5), Plus(bounded, 1));
    }

    private OnnxValue Times(OnnxValue x, double factor) => Operator("Mul", x, Constant(factor));

    private OnnxValue Plus(OnnxValue x, double term) => Operator("Add", x, Constant(term));

    private OnnxValue Operator(string operation, params ReadOnlySpan<OnnxValue> inputs)
        => graph.AddOperator(operation, layerName, OnnxElementType.Float, inputs).Value;

    private OnnxValue Constant(double value)
        => graph.AddInitializer(
            OnnxTensors.Wrap(graph.ReserveValueName(layerName + ".constant"), OnnxElementType.Float, new[] { (float)value }, 1));
}
