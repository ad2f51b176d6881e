using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Brings nodes from opset 12, which ML.NET's trained models write, to the opset of our files. Changed in between: <c>axes</c>
/// of Squeeze, Unsqueeze and the reductions became an input (13 and 18), and the default axis of Softmax (13). Operators of
/// ai.onnx.ml have not changed; of them <c>Binarizer</c>, which fails a whole batch for one NaN, becomes <c>Greater</c>, which answers it
/// with false as ML.NET
/// does. An operator that is not listed here is refused, not hoped for.
/// </summary>
/// <remarks>Source: the operators' change log, https://github.com/onnx/onnx/blob/main/docs/Changelog.md.</remarks>
internal static class OnnxOpsetLift
{
    private static readonly HashSet<string> Unchanged =
    [
        "Abs", "Add", "ArgMax", "ArgMin", "BitShift", "Cast", "Clip", "Concat", "Div", "Equal", "Exp", "Gather", "GatherElements", "Gemm",
        "Greater",
        "Identity",
        "IsNaN",
        "Log",
        "Max",
        "Min",
        "Mul",
        "Not",
        "Pow",
        "Reshape",
        "Sigmoid",
        "Sqrt",
        "StringNormalizer",
        "Sub",
        "Sum",
        "Transpose",
        "Xor",
    ];

    private static readonly HashSet<string> AxesBecameInput =
    [
        "Squeeze",
        "Unsqueeze",
        "ReduceL1",
        "ReduceL2",
        "ReduceMax",
        "ReduceMean",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "ReduceSumSquare",
    ];

    /// <summary>Those of <see cref="AxesBecameInput"/> that changed in opset 13, the others in 18.</summary>
    private static readonly HashSet<string> AxesBecameInputEarly = ["Squeeze", "Unsqueeze", "ReduceSum"];

    /// <summary>Lifts nodes in place.</summary>
    /// <param name="graph">The graph that they are in, to which constants and nodes are added.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="stepName">The step that wrote them, for the message.</param>
    /// <exception cref="NotSupportedException">An operator whose meaning at our opset has not been checked.</exception>
    public static void Lift(OnnxGraphBuilder graph, IReadOnlyList<NodeProto> nodes, string stepName)
    {
        foreach (var node in nodes)
        {
            if (node.Domain == OnnxGraphBuilder.MachineLearningDomain)
            {
                if (node.OpType == "Binarizer")
                {
                    CompareInstead(graph, node);
                }

                continue;
            }

            if (AxesBecameInput.Contains(node.OpType) && (graph.Opset >= 18 || AxesBecameInputEarly.Contains(node.OpType)))
            {
                MoveAxes(graph, node);
            }
            else if (node.OpType == "Softmax")
            {
                FixAxis(node);
            }
            else if (!Unchanged.Contains(node.OpType) && !AxesBecameInput.Contains(node.OpType))
            {
                throw new NotSupportedException($"{stepName} writes the ONNX operator '{node.OpType}', whose meaning in opset "
                    + $"{graph.Opset} has not been checked. Apply this step to the data before the model that is exported.");
            }
        }
    }

    /// <summary>y = 1 where x &gt; threshold, else 0, in FP32 as <c>Binarizer</c> has it.</summary>
    private static void CompareInstead(OnnxGraphBuilder graph, NodeProto node)
    {
        var nodes = graph.Graph.Node;
        int at = nodes.IndexOf(node), count = nodes.Count;
        var threshold = graph.AddNumber(node.Find("threshold")?.F ?? 0, node.Name + ".threshold");
        var (_, isAbove) = graph.AddOperator(
            "Greater",
            node.Name,
            OnnxElementType.Bool,
            new OnnxValue(node.Input[0], OnnxElementType.Float),
            threshold);
        graph.AddNode("Cast", node.Name, [isAbove.Name], node.Output).With("to", (long)OnnxElementType.Float);

        // The new nodes stand at the end, behind those that read them.
        var made = nodes.Skip(count).ToList();
        while (nodes.Count > count)
        {
            nodes.RemoveAt(count);
        }

        nodes.RemoveAt(at);
        for (int i = 0; i < made.Count; i++)
        {
            nodes.Insert(at + i, made[i]);
        }
    }

    private static void MoveAxes(OnnxGraphBuilder graph, NodeProto node)
    {
        if (node.Find("axes") is not { } axes)
        {
            return;
        }

        long[] values = [.. axes.Ints];
        var constant = graph.AddInitializer(
            OnnxTensors.Wrap(graph.ReserveValueName(node.Name + ".axes"), OnnxElementType.Int64, values, values.Length));
        node.Attribute.Remove(axes);
        node.Input.Add(constant.Name);
    }

    /// <summary>The default was 1 and is −1; with the two dimensions of ML.NET's columns axis 1 means the same before and after.</summary>
    private static void FixAxis(NodeProto node)
    {
        if (node.Find("axis") is null)
        {
            node.With("axis", 1L);
        }
    }
}
