using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes activations into ONNX graphs.</summary>
internal static class ActivationOnnx
{
    /// <summary>y = act(x), element by element. Gelu, Mish and Selu are computed in FP32.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="kind">The function.</param>
    /// <param name="layerName">The layer's name, for example <c>hidden.0.activation</c>.</param>
    /// <returns>The shape of x; x itself for <see cref="ActivationKind.None"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The function has no ONNX form here.</exception>
    public static OnnxValue Activation(this OnnxNetworkWriter writer, OnnxValue x, ActivationKind kind, string layerName) => kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Elementwise(writer, "Relu", x, layerName),
        ActivationKind.Tanh => Elementwise(writer, "Tanh", x, layerName),
        ActivationKind.Sigmoid => Elementwise(writer, "Sigmoid", x, layerName),
        ActivationKind.Silu => Silu(writer, x, layerName),
        ActivationKind.Gelu => Gelu(writer, x, OnnxGelu.Tanh, layerName),
        ActivationKind.GeluErf => Gelu(writer, x, OnnxGelu.None, layerName),
        ActivationKind.Mish => Mish(writer, x, layerName),
        ActivationKind.Selu => Selu(writer, x, layerName),
        _ => throw new ArgumentOutOfRangeException(
            nameof(kind), kind, "This activation has no ONNX form here; export a network with Relu, Gelu, GeluErf, Silu, Tanh, Sigmoid, "
                + "Mish, Selu or None."),
    };

    /// <summary>y = f(x) by the operator that ONNX has for f.</summary>
    private static OnnxValue Elementwise(OnnxNetworkWriter writer, string operation, OnnxValue x, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, operation, x);
        return layer.Leave(layer.Operator(operation, layer.Enter(x)).Value);
    }

    /// <summary>y = x/(1 + e^−x).</summary>
    private static OnnxValue Silu(OnnxNetworkWriter writer, OnnxValue x, string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Silu", x);
        OnnxValue entered = layer.Enter(x);
        OnnxValue gate = layer.OperatorNamed("Sigmoid", ".sigmoid", entered).Value;
        return layer.Leave(layer.Operator("Mul", entered, layer.Round(gate)).Value);
    }

    /// <summary>y = x·tanh(ln(1 + eˣ)), in FP32, spelled out, as its operator came with opset 18.</summary>
    private static OnnxValue Mish(OnnxNetworkWriter writer, OnnxValue x, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "Mish", x);
        OnnxValue entered = layer.Enter(x);
        OnnxValue softplus = layer.OperatorNamed("Softplus", ".softplus", entered).Value;
        OnnxValue gate = layer.OperatorNamed("Tanh", ".gate", softplus).Value;
        return layer.Leave(layer.Operator("Mul", entered, gate).Value);
    }

    /// <summary>y = λx or λα(eˣ − 1), in FP32; the operator's α and γ are these by default.</summary>
    private static OnnxValue Selu(OnnxNetworkWriter writer, OnnxValue x, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "Selu", x);
        return layer.Leave(layer.Operator("Selu", layer.Enter(x)).Value);
    }

    /// <summary>y = x·Φ(x), in FP32: by the operator of that name where the opset has it, else spelled out.</summary>
    private static OnnxValue Gelu(OnnxNetworkWriter writer, OnnxValue x, string approximate, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "Gelu", x);
        OnnxValue entered = layer.Enter(x);
        if (layer.Opset < 20)
        {
            return layer.Leave(new OnnxGelu(layer).Write(entered, approximate));
        }

        (NodeProto node, OnnxValue y) = layer.Operator("Gelu", entered);
        node.With("approximate", approximate);
        return layer.Leave(y);
    }
}
