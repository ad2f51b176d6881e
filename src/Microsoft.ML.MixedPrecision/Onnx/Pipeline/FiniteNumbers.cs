using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Watches a graph while a part is added to it: constants and attributes that are not finite are refused where the file is read, by
/// <c>ApplyOnnxModel</c> among others, and so must not be written.
/// </summary>
/// <param name="graph">The graph, before the part.</param>
internal sealed class FiniteNumbers(GraphProto graph)
{
    private readonly int _constants = graph.Initializer.Count;
    private readonly int _nodes = graph.Node.Count;

    /// <summary>Why the part cannot be written, a clause; null if all that was added is finite.</summary>
    public string? WhyNot()
    {
        string? name = graph.Initializer.Skip(_constants).FirstOrDefault(constant => !TensorCheck.IsFinite(constant))?.Name;
        var node = graph.Node.Skip(_nodes).FirstOrDefault(added => !added.Attribute.All(AttributeCheck.IsFinite));
        return name is null && node is null
            ? null
            : $"what it has learnt ('{name ?? node!.Name}' in the file) holds a number that is not finite, and files with such numbers "
                + $"are refused when they are read. "
            + "It was fitted on rows with an infinite or missing value, or scales a value that never changes; take these out and fit "
                + "it again";
    }
}
