using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>Makes the FP32 inputs and outputs of a finished graph FP16, but for labels and what FP16 does not hold: casts move inside, and
/// a pair of casts that meet there goes away.</summary>
internal static class OnnxFloat16Edges
{
    /// <summary>Changes a graph in place.</summary>
    /// <param name="graph">The graph; each of its outputs is made by a node of its own, an <c>Identity</c>.</param>
    /// <param name="kept">Inputs and outputs that stay as they are: those beyond FP16, and outputs that say a class, since a class that is
    /// a number, such as 2049, would become another one.</param>
    public static void Apply(GraphProto graph, IReadOnlyCollection<string> kept)
    {
        var names = graph.Input.Concat(graph.Output).Concat(graph.ValueInfo).Select(value => value.Name)
            .Concat(graph.Initializer.Select(tensor => tensor.Name)).Concat(graph.Node.SelectMany(node => node.Output)).ToHashSet();
        foreach (var input in graph.Input.Where(input => IsFloat32(input) && !kept.Contains(input.Name)))
        {
            Narrow(graph, input, Free(input.Name + ".Float", names));
        }

        foreach (var output in graph.Output.Where(output => IsFloat32(output) && !kept.Contains(output.Name)))
        {
            NarrowOutput(graph, output);
        }

        OnnxGraphPruner.Prune(graph);
    }

    private static bool IsFloat32(ValueInfoProto value) => value.Type.TensorType.ElemType == (int)OnnxElementType.Float;

    private static void Narrow(GraphProto graph, ValueInfoProto input, string wide)
    {
        input.Type.TensorType.ElemType = (int)OnnxElementType.Float16;
        foreach (var node in graph.Node)
        {
            bool narrows = IsCastTo(node, OnnxElementType.Float16) && node.Input[0] == input.Name;
            for (int i = 0; i < node.Input.Count && !narrows; i++)
            {
                if (node.Input[i] == input.Name)
                {
                    node.Input[i] = wide;
                }
            }
        }

        // What was a cast of the input to FP16 is now one from FP16 to FP16.
        foreach (var node in graph.Node.Where(node => IsCastTo(node, OnnxElementType.Float16) && node.Input[0] == input.Name))
        {
            node.OpType = "Identity";
            node.Attribute.Clear();
        }

        graph.Node.Insert(0, Cast(input.Name, wide, OnnxElementType.Float));
    }

    private static void NarrowOutput(GraphProto graph, ValueInfoProto output)
    {
        output.Type.TensorType.ElemType = (int)OnnxElementType.Float16;
        var maker = graph.Node.Single(node => node.Output.Contains(output.Name));
        maker.OpType = "Cast";
        maker.With("to", (long)OnnxElementType.Float16);
    }

    private static bool IsCastTo(NodeProto node, OnnxElementType type) => node.OpType == "Cast" && node.Find("to")?.I == (long)type;

    private static NodeProto Cast(string from, string to, OnnxElementType type)
    {
        var node = new NodeProto { OpType = "Cast", Name = to };
        node.Input.Add(from);
        node.Output.Add(to);
        return node.With("to", (long)type);
    }

    private static string Free(string wish, HashSet<string> taken)
    {
        string name = wish;
        for (int i = 1; !taken.Add(name); i++)
        {
            name = $"{wish}_{i}";
        }

        return name;
    }
}
