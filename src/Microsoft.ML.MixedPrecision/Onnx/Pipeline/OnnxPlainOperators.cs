using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Puts operators of the default domain in the place of those of ai.onnx.ml with which ML.NET writes normalizers and
/// Concatenate. They run on GPU providers too, tools infer their types, and a column of doubles stays one.
/// </summary>
internal static class OnnxPlainOperators
{
    /// <summary>Replaces a node in place: Scaler by Sub and Mul, FeatureVectorizer by Concat. Others stay.</summary>
    /// <param name="graph">The graph that it is in.</param>
    /// <param name="node">A node of ai.onnx.ml.</param>
    /// <param name="declared">What a variable was declared to be, by its name; null if it was not.</param>
    public static void Replace(OnnxGraphBuilder graph, NodeProto node, Func<string, OnnxColumnType?> declared)
    {
        if (node.OpType == "Scaler" && declared(node.Output[0]) is { Type: OnnxElementType.Float or OnnxElementType.Double } type)
            ReplaceScaler(graph, node, type);
        else if (node.OpType == "FeatureVectorizer" && node.Input.All(input => declared(input) is { Dimensions.Length: 1 }))
            Become(node, "Concat").With("axis", 1L);
    }

    /// <summary>y = (x − offset)·scale; an offset of zeros is left out.</summary>
    private static void ReplaceScaler(OnnxGraphBuilder graph, NodeProto node, OnnxColumnType type)
    {
        float[] offset = [.. node.Find("offset")!.Floats];
        float[] scale = [.. node.Find("scale")!.Floats];
        if (Array.TrueForAll(offset, value => value == 0))
        {
            Become(node, "Mul").Input.Add(AddConstant(graph, node.Name + ".scale", scale, type));
            return;
        }

        string result = node.Output[0], difference = graph.ReserveValueName(result + ".centred");
        Become(node, "Sub").Input.Add(AddConstant(graph, node.Name + ".offset", offset, type));
        node.Output[0] = difference;
        graph.InsertNode(node, "Mul", node.Name + ".scaled", [difference, AddConstant(graph, node.Name + ".scale", scale, type)], [result]);
    }

    private static NodeProto Become(NodeProto node, string operation)
    {
        node.OpType = operation;
        node.Domain = "";
        node.Attribute.Clear();
        return node;
    }

    private static string AddConstant(OnnxGraphBuilder graph, string name, float[] values, OnnxColumnType type)
    {
        name = graph.ReserveValueName(name);
        return graph.AddInitializer(type.Type == OnnxElementType.Double
            ? OnnxTensors.Wrap(name, type.Type, Array.ConvertAll(values, value => (double)value), type.Dimensions)
            : OnnxTensors.Wrap(name, type.Type, values, type.Dimensions)).Name;
    }
}
