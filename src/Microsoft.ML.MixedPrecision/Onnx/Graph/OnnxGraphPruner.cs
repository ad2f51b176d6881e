namespace Microsoft.ML.MixedPrecision.Onnx.Graph;

/// <summary>Takes out of a graph what none of its outputs depends on.</summary>
internal static class OnnxGraphPruner
{
    /// <summary>Removes nodes, inputs and initializers that no output of the graph needs.</summary>
    /// <param name="graph">The graph, its nodes in order: each reads only what an earlier one made.</param>
    public static void Prune(GraphProto graph)
    {
        var needed = graph.Output.Select(output => output.Name).ToHashSet();
        for (int i = graph.Node.Count - 1; i >= 0; i--)
        {
            if (graph.Node[i].Output.Any(needed.Contains))
            {
                needed.UnionWith(graph.Node[i].Input);
            }
            else
            {
                graph.Node.RemoveAt(i);
            }
        }

        for (int i = graph.Input.Count - 1; i >= 0; i--)
        {
            if (!needed.Contains(graph.Input[i].Name))
            {
                graph.Input.RemoveAt(i);
            }
        }

        for (int i = graph.ValueInfo.Count - 1; i >= 0; i--)
        {
            if (!needed.Contains(graph.ValueInfo[i].Name))
            {
                graph.ValueInfo.RemoveAt(i);
            }
        }

        for (int i = graph.Initializer.Count - 1; i >= 0; i--)
        {
            if (!needed.Contains(graph.Initializer[i].Name))
            {
                graph.Initializer.RemoveAt(i);
            }
        }
    }
}
