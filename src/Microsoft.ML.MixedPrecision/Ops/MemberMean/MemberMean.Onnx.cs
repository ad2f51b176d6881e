using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes means over the members of an ensemble into ONNX graphs.</summary>
internal static class MemberMeanOnnx
{
    private const long MemberAxis = 1;

    /// <summary>
    /// The mean over members, in FP32 in every file: <c>Reshape</c> of each value to (N, members, C), <c>Concat</c> of several, and then
    /// <c>ReduceMean</c>; or ln Σᵢ of <c>LogSoftmax</c> less ln M; or ln Σᵢ σ(zᵢ) − ln Σᵢ σ(−zᵢ), where ln σ(z) = −<c>Softplus</c>(−z).
    /// Logarithms of sums are <c>ReduceLogSumExp</c>, so that no probability becomes 0 or 1.
    /// </summary>
    /// <param name="writer">Where to.</param>
    /// <param name="values">z: (N · rows, C), and their rows of an example.</param>
    /// <param name="columns">C.</param>
    /// <param name="kind">What is averaged.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>o: (N, C), FP32.</returns>
    public static OnnxValue MemberMean(
        this OnnxNetworkWriter writer, (OnnxValue Value, int Rows)[] values, int columns, MemberMeanKind kind, string layerName)
    {
        string operation = kind == MemberMeanKind.Mean ? "ReduceMean" : "ReduceLogSumExp";
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, operation, [.. values.Select(value => value.Value)]);
        OnnxValue[] members = [.. values.Select(value
            => layer.OperatorNamed("Reshape", ".members", layer.Enter(value.Value), layer.Integers(-1, value.Rows, columns)).Value)];
        OnnxValue all = members[0];
        if (members.Length > 1)
        {
            (NodeProto node, all) = layer.OperatorNamed("Concat", ".all", members);
            node.With("axis", MemberAxis);
        }

        return layer.Leave(kind switch
        {
            MemberMeanKind.Mean => Reduce(layer, "ReduceMean", all),
            MemberMeanKind.LogMeanSoftmax => LogMeanSoftmax(layer, all, values.Sum(value => value.Rows)),
            MemberMeanKind.LogitMeanSigmoid => layer
                .OperatorNamed("Sub", ".logit", LogSum(layer, Negative(layer, all)), LogSum(layer, all))
                .Value,
            _ => throw UnknownValue.Of(kind),
        });
    }

    private static OnnxValue LogMeanSoftmax(OnnxLayerWriter layer, OnnxValue z, int members)
    {
        (NodeProto node, OnnxValue shares) = layer.OperatorNamed("LogSoftmax", ".softmax", z);
        node.With("axis", -1L);
        OnnxValue sum = Reduce(layer, "ReduceLogSumExp", shares);
        return layer.OperatorNamed("Sub", ".mean", sum, layer.Constant(MathF.Log(members))).Value;
    }

    /// <summary>ln Σᵢ σ(−zᵢ).</summary>
    private static OnnxValue LogSum(OnnxLayerWriter layer, OnnxValue z)
        => Reduce(layer, "ReduceLogSumExp", Negative(layer, layer.OperatorNamed("Softplus", ".softplus", z).Value));

    private static OnnxValue Negative(OnnxLayerWriter layer, OnnxValue x) => layer.OperatorNamed("Neg", ".negative", x).Value;

    /// <summary>Reduces members; the axes are an attribute up to opset 17 and an input behind that.</summary>
    private static OnnxValue Reduce(OnnxLayerWriter layer, string operation, OnnxValue x)
    {
        bool isInput = layer.Opset >= 18;
        (NodeProto node, OnnxValue y) = isInput
            ? layer.Operator(operation, x, layer.Integers(MemberAxis))
            : layer.Operator(operation, x);
        if (!isInput)
        {
            node.With("axes", [MemberAxis]);
        }

        node.With("keepdims", 0L);
        return y;
    }
}
