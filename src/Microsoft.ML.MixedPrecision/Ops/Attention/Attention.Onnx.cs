using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes attentions into ONNX graphs, of examples padded to one length.</summary>
internal static class AttentionOnnx
{
    /// <summary>Score of what is not seen: its exponential is 0 beside any other, and a row that sees nothing, which nobody reads, stays
    /// finite. It stands in Float32 alone.</summary>
    private const float Unseen = -1e30f;

    /// <summary>
    /// y = softmax(Q·Kᵀ/√D)·V of each head: products in the layer's format, the softmax in FP32 behind a boolean mask. Q is divided by √D
    /// before the product, so that in FP16 no sum of products is larger than it need be.
    /// </summary>
    /// <param name="writer">Where to.</param>
    /// <param name="qkv">Q, K and V beside each other: (N·T, 3·H·D).</param>
    /// <param name="lengths">(N, 1), Int64: steps of each example that are real; null where all are.</param>
    /// <param name="size">H, D, T, and whether a step sees itself and earlier ones alone.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>y: (N·T, H·D).</returns>
    public static OnnxValue Attention(
        this OnnxNetworkWriter writer,
        OnnxValue qkv,
        OnnxValue? lengths,
        (int Heads, int HeadSize, int Steps, bool IsCausal) size,
        string layerName)
    {
        OnnxLayerWriter layer = writer.Begin(layerName, "Softmax", qkv);
        OnnxValue apart = layer.OperatorNamed(
            "Reshape", ".split", layer.Enter(qkv), layer.Integers(-1, size.Steps, 3, size.Heads, size.HeadSize)).Value;
        OnnxValue q = Part(layer, apart, 0, ".query", [0, 2, 1, 3]);
        OnnxValue k = Part(layer, apart, 1, ".key", [0, 2, 3, 1]);
        OnnxValue v = Part(layer, apart, 2, ".value", [0, 2, 1, 3]);
        OnnxValue scale = layer.Enter(layer.Constant((float)(1 / Math.Sqrt(size.HeadSize))));
        OnnxValue scaled = layer.Round(layer.OperatorNamed("Mul", ".scaled", q, scale).Value);
        OnnxValue scores = writer.Cast(
            layer.Round(layer.OperatorNamed("MatMul", ".scores", scaled, k).Value),
            OnnxElementType.Float);
        if (SeenBy(writer, layer, lengths, size.Steps, size.IsCausal, layerName) is { } seen)
        {
            scores = writer.Graph.AddOperator(
                "Where", layerName + ".masked", OnnxElementType.Float, seen, scores, layer.Constant(Unseen)).Value;
        }

        (NodeProto softmax, OnnxValue weights) = writer.Graph.AddOperator("Softmax", layerName + ".softmax", OnnxElementType.Float, scores);
        softmax.With("axis", -1L);
        OnnxValue context = layer.Round(layer.OperatorNamed("MatMul", ".context", layer.Enter(weights), v).Value);
        (NodeProto turned, OnnxValue beside) = layer.OperatorNamed("Transpose", ".merge", context);
        turned.With("perm", [0L, 2L, 1L, 3L]);
        return layer.Leave(layer.Operator("Reshape", beside, layer.Integers(-1, (long)size.Heads * size.HeadSize)).Value);
    }

    /// <summary>Whether a step is real: (N, T).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="layer">The layer that asks.</param>
    /// <param name="lengths">(N, 1), Int64.</param>
    /// <param name="steps">T.</param>
    /// <param name="layerName">The layer's name.</param>
    public static OnnxValue IsReal(this OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue lengths, int steps, string layerName)
    {
        long[] numbers = [.. Enumerable.Range(0, steps).Select(step => (long)step)];
        return writer.Graph.AddOperator(
            "Less", layerName + ".real", OnnxElementType.Bool, layer.Integers(numbers), lengths).Value;
    }

    private static OnnxValue Part(OnnxLayerWriter layer, OnnxValue apart, int part, string suffix, long[] order)
    {
        (NodeProto gather, OnnxValue one) = layer.OperatorNamed("Gather", suffix + ".part", apart, layer.Integers(part));
        gather.With("axis", 2L);
        OnnxValue flat = layer.OperatorNamed("Squeeze", suffix + ".matrix", one, layer.Integers(2)).Value;
        (NodeProto turned, OnnxValue value) = layer.OperatorNamed("Transpose", suffix, flat);
        turned.With("perm", order);
        return value;
    }

    private static OnnxValue? SeenBy(
        OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue? lengths, int steps, bool isCausal, string layerName)
    {
        OnnxValue? real = lengths is { } given
            ? writer.Graph.AddOperator(
                "Unsqueeze",
                layerName + ".keys",
                OnnxElementType.Bool,
                writer.IsReal(layer, given, steps, layerName),
                layer.Integers(1, 2)).Value
            : null;
        if (!isCausal)
        {
            return real;
        }

        long[] numbers = [.. Enumerable.Range(0, steps).Select(step => (long)step)];
        OnnxValue row = layer.Integers(numbers);
        OnnxValue column = writer.Graph.AddOperator(
            "Unsqueeze", layerName + ".queries", OnnxElementType.Int64, row, layer.Integers(1)).Value;
        OnnxValue earlier = writer.Graph.AddOperator("LessOrEqual", layerName + ".earlier", OnnxElementType.Bool, row, column).Value;
        return real is { } mask
            ? writer.Graph.AddOperator("And", layerName + ".seen", OnnxElementType.Bool, mask, earlier).Value
            : earlier;
    }
}
