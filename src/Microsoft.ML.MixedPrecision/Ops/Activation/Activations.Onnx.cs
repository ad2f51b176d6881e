using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same in ONNX.</content>
internal static partial class Activations
{
    /// <summary>Appends the nodes of y = act(x), element by element. Gelu is computed in FP32.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="kind">The function.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.activation</c>.</param>
    /// <returns>The shape of x; x itself for <see cref="ActivationKind.None"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The function has no ONNX form here.</exception>
    public static OnnxValue Activation(this OnnxNetworkWriter writer, OnnxValue x, ActivationKind kind, string layerName) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => writer.Elementwise("Relu", x, layerName),
        ActivationKind.Tanh => writer.Elementwise("Tanh", x, layerName),
        ActivationKind.Sigmoid => writer.Elementwise("Sigmoid", x, layerName),
        ActivationKind.Silu => writer.Silu(x, layerName),
        ActivationKind.Gelu => writer.Gelu(x, OnnxGelu.Tanh, layerName),
        ActivationKind.GeluErf => writer.Gelu(x, OnnxGelu.None, layerName),
        _ => throw new ArgumentOutOfRangeException(
            nameof(kind), kind, "This activation has no ONNX form here; export a network with Relu, Gelu, GeluErf, Silu, Tanh, Sigmoid "
                + "or None."),
    };
}
