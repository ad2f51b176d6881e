using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Model.OnnxConverter;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Writes a network through the context of ML.NET's own <c>ConvertToOnnx</c> (package Microsoft.ML.OnnxConverter), which takes operators of
/// opset 9
/// to 12: the network is written as a graph of its own first, then node by node with older operators (<see cref="ConverterNodes"/>), in
/// FP32.
/// </summary>
/// <param name="context">ML.NET's context.</param>
internal sealed class ConverterNetwork(OnnxContext context)
{
    private readonly Dictionary<string, string> _names = [];

    /// <summary>Writes a network.</summary>
    /// <inheritdoc cref="OnnxNetwork.Write"/>
    public void Write(string[] outputNames, string features, Func<OnnxNetworkWriter, OnnxValue, IReadOnlyList<OnnxValue?>> write)
    {
        if (outputNames.Contains(features))
        {
            throw new NotSupportedException($"The feature column has the name of a column that the network makes (both are "
                + $"'{features}' in the file), and ML.NET's ConvertToOnnx would take the one for the other. Name it otherwise, for "
                + $"example 'Features', or export with {Own}.");
        }

        var writing = new OnnxWriting { OperatorSet = OnnxOperatorSet.Wide };
        var graph = new OnnxGraphBuilder(writing.OperatorSet);
        var input = graph.AddInput("features", OnnxElementType.Float);
        _names[input.Name] = features;
        var values = write(new OnnxNetworkWriter(graph, writing), input);
        foreach (var constant in graph.Graph.Initializer)
        {
            AddConstant(constant);
        }

        var nodes = new ConverterNodes(context);
        foreach (var node in graph.Graph.Node)
        {
            _names[node.Output.Single()] = nodes.Add(node, [.. node.Input.Select(name => _names[name])]);
        }

        foreach (var (name, value) in outputNames.Zip(values))
        {
            if (value is { } made)
            {
                context.CreateNode("Identity", [_names[made.Name]], [name], context.GetNodeName("Identity"), "");
            }
        }
    }

    /// <summary>What to do instead.</summary>
    public const string Own = "mlContext.MixedPrecision().Model.ExportToOnnx";

    private void AddConstant(TensorProto tensor)
    {
        string name = ConverterNodes.Prefix + tensor.Name;
        IEnumerable<long> shape = tensor.Dims.DefaultIfEmpty(1); // ML.NET's context takes no scalars; a vector of one is read alike.
        _names[tensor.Name] = (OnnxElementType)tensor.DataType switch
        {
            OnnxElementType.Float => context.AddInitializer(
                MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray(),
                shape,
                name),
            OnnxElementType.Int64 => context.AddInitializer(
                MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray(),
                shape,
                name),
            var type => throw new NotSupportedException($"The network's constant '{tensor.Name}' of type {type} is not written by "
                + $"ML.NET's ConvertToOnnx; export with {Own}."),
        };
    }
}
