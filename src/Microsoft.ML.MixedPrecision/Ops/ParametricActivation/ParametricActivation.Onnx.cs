using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes parametric activations into ONNX graphs.</summary>
internal static class ParametricActivationOnnx
{
    /// <summary>y = x + α ⊙ (act(x) − x): the activation as the file has it, then <c>Sub</c>, <c>Mul</c> and <c>Add</c> in FP32.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">x: (N, C).</param>
    /// <param name="kind">act.</param>
    /// <param name="shares">α: (C); not to change until the file is written.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N, C), FP32.</returns>
    /// <exception cref="ArgumentException">A share is not finite.</exception>
    public static OnnxValue ParametricActivation(
        this OnnxNetworkWriter writer, OnnxValue x, ActivationKind kind, float[] shares, string layerName)
    {
        OnnxValue active = writer.Activation(x, kind, layerName + ".function");
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "ParametricActivation", x);
        OnnxValue entered = layer.Enter(x);
        OnnxValue difference = layer.OperatorNamed("Sub", ".difference", layer.Enter(active), entered).Value;
        OnnxValue share = layer.OperatorNamed("Mul", ".share", difference, layer.Weight(shares, ".weight", shares.Length)).Value;
        return layer.Leave(layer.Operator("Add", entered, share).Value);
    }
}
