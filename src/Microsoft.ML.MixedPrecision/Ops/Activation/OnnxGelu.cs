using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Gelu in operators of opset 13, in FP32, for opsets that do not have it:
/// x/2·(1 + erf(x/√2)), or x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
/// </summary>
/// <remarks>Source: the function body of the operator, https://github.com/onnx/onnx/blob/main/docs/Operators.md#Gelu.</remarks>
/// <param name="layer">The layer, FP32 in every file.</param>
internal sealed class OnnxGelu(OnnxLayerWriter layer)
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

    private OnnxValue Times(OnnxValue x, double factor) => Operator("Mul", x, layer.Constant((float)factor));

    private OnnxValue Plus(OnnxValue x, double term) => Operator("Add", x, layer.Constant((float)term));

    private OnnxValue Operator(string operation, params ReadOnlySpan<OnnxValue> inputs) => layer.Operator(operation, inputs).Value;
}
