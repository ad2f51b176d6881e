using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Writes poolings into ONNX graphs, of examples padded to one length.</summary>
internal static class PoolingOnnx
{
    /// <summary>Stands for padding where the largest is looked for, in FP32.</summary>
    private const float Least = float.MinValue;

    /// <summary>One row of each example's rows, in FP32 whatever the file computes in: sums over many steps.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="x">(N·T, C).</param>
    /// <param name="lengths">(N, 1), Int64: steps of each example that are real; null where all are.</param>
    /// <param name="size">How, T and C.</param>
    /// <param name="layerName">The layer's name.</param>
    /// <returns>(N, C), FP32.</returns>
    public static OnnxValue Pooling(
        this OnnxNetworkWriter writer, OnnxValue x, OnnxValue? lengths, (Pooling Kind, int Steps, int Columns) size, string layerName)
    {
        OnnxLayerWriter layer = writer.BeginFloat32(layerName, "ReduceSum", x);
        OnnxValue examples = layer.OperatorNamed(
            "Reshape", ".examples", layer.Enter(x), layer.Integers(-1, size.Steps, size.Columns)).Value;
        OnnxValue count = lengths ?? writer.Graph.AddOperator(
            "Unsqueeze", layerName + ".length", OnnxElementType.Int64, layer.Integers(size.Steps), layer.Integers(0)).Value;
        OnnxValue steps = layer.Integers([.. Enumerable.Range(0, size.Steps).Select(step => (long)step)]);
        return layer.Leave(size.Kind switch
        {
            MixedPrecision.Pooling.Mean => layer.Operator(
                "Div", Sum(writer, layer, examples, ("Less", steps, count), layerName), AtLeastOne(writer, layer, count, layerName)).Value,
            MixedPrecision.Pooling.Cls => Sum(writer, layer, examples, ("Less", steps, First(writer, layer, count, layerName)), layerName),
            MixedPrecision.Pooling.Last => Sum(
                writer, layer, examples, ("Equal", steps, Before(writer, layer, count, layerName)), layerName),
            MixedPrecision.Pooling.Max => Largest(writer, layer, examples, (steps, count), layerName),
            _ => throw UnknownValue.Of(size.Kind),
        });
    }

    /// <summary>The sum of the steps for which a comparison holds: (N, C).</summary>
    private static OnnxValue Sum(
        OnnxNetworkWriter writer,
        OnnxLayerWriter layer,
        OnnxValue examples,
        (string Comparison, OnnxValue Steps, OnnxValue With) which,
        string name)
    {
        OnnxValue kept = Kept(writer, layer, examples, which, 0, name);
        (NodeProto node, OnnxValue sum) = layer.OperatorNamed("ReduceSum", ".sum", kept, layer.Integers(1));
        node.With("keepdims", 0L);
        return sum;
    }

    /// <summary>The largest step of each column, by its place: an operator for the largest itself has its axes otherwise from opset 18
    /// on.</summary>
    private static OnnxValue Largest(
        OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue examples, (OnnxValue Steps, OnnxValue Count) real, string name)
    {
        OnnxValue kept = Kept(writer, layer, examples, ("Less", real.Steps, real.Count), Least, name);
        (NodeProto search, OnnxValue place) = writer.Graph.AddOperator("ArgMax", name + ".where", OnnxElementType.Int64, kept);
        search.With("axis", 1L).With("keepdims", 1L);
        (NodeProto node, OnnxValue largest) = layer.OperatorNamed("GatherElements", ".largest", kept, place);
        node.With("axis", 1L);
        OnnxValue flat = layer.OperatorNamed("Squeeze", ".flat", largest, layer.Integers(1)).Value;
        OnnxValue any = writer.Graph.AddOperator(
            "Greater", name + ".any", OnnxElementType.Bool, real.Count, layer.Integers(0)).Value;
        return layer.Operator("Where", any, flat, layer.Constant(0)).Value;
    }

    /// <summary>(N, T, C), another number where a comparison of the step does not hold.</summary>
    private static OnnxValue Kept(
        OnnxNetworkWriter writer,
        OnnxLayerWriter layer,
        OnnxValue examples,
        (string Comparison, OnnxValue Steps, OnnxValue With) which,
        float other,
        string name)
    {
        OnnxValue holds = writer.Graph.AddOperator(
            which.Comparison, name + ".chosen", OnnxElementType.Bool, which.Steps, which.With).Value;
        OnnxValue rows = writer.Graph.AddOperator("Unsqueeze", name + ".rows", OnnxElementType.Bool, holds, layer.Integers(2)).Value;
        return layer.OperatorNamed("Where", ".kept", rows, examples, layer.Constant(other)).Value;
    }

    private static OnnxValue AtLeastOne(OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue count, string name)
        => writer.Cast(
            writer.Graph.AddOperator("Max", name + ".count", OnnxElementType.Int64, count, layer.Integers(1)).Value,
            OnnxElementType.Float);

    /// <summary>1 where there is a first step, else 0.</summary>
    private static OnnxValue First(OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue count, string name)
        => writer.Graph.AddOperator("Min", name + ".one", OnnxElementType.Int64, count, layer.Integers(1)).Value;

    private static OnnxValue Before(OnnxNetworkWriter writer, OnnxLayerWriter layer, OnnxValue count, string name)
        => writer.Graph.AddOperator("Sub", name + ".last", OnnxElementType.Int64, count, layer.Integers(1)).Value;
}
