using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Which FP32 inputs and outputs of a file FP16 cannot hold. With rows it is what these show; without, what training and the pipeline's own
/// constants tell
/// (<see cref="InputReach"/>, <see cref="OutputReach"/>). An edge of which nothing is known is taken to fit.
/// </summary>
internal static class EdgeChoice
{
    /// <summary>Chooses.</summary>
    /// <param name="context">The graph, written with FP32 edges.</param>
    /// <param name="rows">What the rows given hold and make; null without rows.</param>
    /// <returns>The edges to keep in FP32, each with the reason.</returns>
    public static IReadOnlyDictionary<string, string> Choose(PipelineOnnxContext context, LayerRanges? rows)
    {
        var graph = context.Graph.Graph;
        var chosen = new Dictionary<string, string>();
        foreach (var input in graph.Input.Where(IsFloat32))
            Add(input.Name, rows is null ? new InputReach(context).Of(input) : Measured(rows, input.Name), "input");
        foreach (var output in graph.Output.Where(output => IsFloat32(output) && !context.LabelOutputs.Contains(output.Name)))
            Add(output.Name, rows is null ? OutputReach.Of(context, output.Name) : Measured(rows, output.Name), "output");
        return chosen;

        void Add(string name, EdgeReach? reach, string kind)
        {
            if (reach is { } known && known.Largest > OnnxWeights.Float16Max)
                chosen[name] = $"{kind} '{name}' {known.Why}; FP16 ends at 65504";
        }
    }

    private static bool IsFloat32(ValueInfoProto value) => value.Type.TensorType.ElemType == (int)OnnxElementType.Float;

    private static EdgeReach? Measured(LayerRanges rows, string edge)
        => rows.LargestOfEdge(edge) is { } largest
            ? new EdgeReach(largest * Float32Choice.Headroom, FormattableString.Invariant($"reaches {largest:G3} on the rows given"))
            : null;
}

/// <summary>How large the values of an input or output may become.</summary>
/// <param name="Largest">The magnitude, with room for rows that have not been seen.</param>
/// <param name="Why">Where that is known from, a clause behind the edge's name.</param>
internal readonly record struct EdgeReach(double Largest, string Why);
