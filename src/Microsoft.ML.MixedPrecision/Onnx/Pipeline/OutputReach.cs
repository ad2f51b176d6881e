using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// How large an output may become that a product makes, of which no rows are given: at most the largest of |b| + Σ|w|·A over its columns, A
/// the largest value that
/// the layer read in training. The last layer of a regression holds the label's mean and deviation, which training's own ranges of it do
/// not.
/// </summary>
internal static class OutputReach
{
    /// <summary>The reach of an output; null if no product makes it.</summary>
    /// <param name="context">The graph, its layers and what training met in them.</param>
    /// <param name="output">The output.</param>
    public static EdgeReach? Of(PipelineOnnxContext context, string output)
    {
        var makers = Makers(context);
        string value = output;
        while (makers.TryGetValue(value, out var maker) && maker.OpType is "Identity" or "Cast")
            value = maker.Input[0];
        if (context.Layers.FirstOrDefault(layer => layer.Value.Name == value) is not { Operator: "Gemm" } layer)
            return null;

        double? read = context.Ranges.TryGetValue(layer.Inputs[0], out var range) ? range.Largest : null;
        double largest = layer.LargestBias + (layer.LargestRowSum * (read ?? 0));
        string met = read is null ? "" : " and what they met in training";
        return new EdgeReach(largest, FormattableString.Invariant($"may reach {largest:G3} by the weights of its layer{met}"));
    }

    /// <summary>The nodes of a graph by what they make.</summary>
    public static Dictionary<string, NodeProto> Makers(PipelineOnnxContext context)
        => context.Graph.Graph.Node.SelectMany(node => node.Output.Select(made => (made, node)))
            .ToDictionary(pair => pair.made, pair => pair.node);
}
