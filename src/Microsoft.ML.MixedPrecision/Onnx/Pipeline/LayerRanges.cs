using System.Numerics.Tensors;
using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// How large the results of a network's layers, and the file's inputs and outputs, are on given rows, computed in FP32 by ONNX Runtime.
/// What FP32 itself makes NaN or infinite, of a row
/// without a feature for example, is left out: no format would help.
/// </summary>
internal sealed class LayerRanges
{
    /// <summary>Begins the entries of inputs and outputs, so that none is taken for a layer of its name.</summary>
    private const string EdgePrefix = "edge:";

    private readonly Dictionary<string, RangeTotals> _totals = [];

    private LayerRanges()
    {
    }

    /// <summary>The largest finite value of a layer; null if it was not measured.</summary>
    public double? LargestOf(string layer) => _totals.TryGetValue(layer, out var totals) ? totals.Largest : null;

    /// <summary>The largest finite value of an FP32 input or output of the file; null if it has none of that name.</summary>
    public double? LargestOfEdge(string name) => LargestOf(EdgePrefix + name);

    /// <summary>The share of a layer's non-zero values under FP16's smallest normal; null if it was not measured.</summary>
    public double? BelowNormalOf(string layer)
        => _totals.TryGetValue(layer, out var totals) ? totals.BelowNormal / (double)Math.Max(1, totals.Count - totals.Zeros) : null;

    /// <summary>Measures all layers on all rows.</summary>
    /// <param name="plan">The pipeline and its rows.</param>
    /// <param name="float32">How the file is written in FP32.</param>
    /// <param name="reason">Why the result is null.</param>
    /// <returns>Null if there are no rows.</returns>
    public static LayerRanges? Measure(PipelinePlan plan, OnnxWriting float32, out string? reason)
    {
        var context = plan.Write(float32 with { ExposesLayers = true });
        using var session = OnnxRuntimeSession.Open(OnnxFrame.Put(context, NumericFormat.Float32).ToByteArray());
        var ranges = new LayerRanges();
        string[] inputs = [.. session.InputMetadata.Where(IsFloat32).Select(input => input.Key)];
        string[] edges = [.. session.OutputMetadata.Where(IsFloat32).Select(output => output.Key).Except(context.LayerOutputs.Values)];
        HashSet<string> numbers = [.. session.OutputMetadata.Where(IsFloat32).Select(output => output.Key)];

        // Ids of tokens are no numbers that a format could round.
        KeyValuePair<string, string>[] layers = [.. context.LayerOutputs.Where(layer => numbers.Contains(layer.Value))];
        string[] names = [.. layers.Select(layer => layer.Key), .. edges.Select(edge => EdgePrefix + edge)];
        string[] outputs = [.. layers.Select(layer => layer.Value), .. edges];
        long rows = plan.ForEachBatch((reader, count) =>
        {
            using var results = reader.Run(session, outputs, count);
            for (int i = 0; i < names.Length; i++)
            {
                ranges.Add(names[i], results[i].GetTensorDataAsSpan<float>());
            }

            foreach (string input in inputs)
            {
                using var values = reader.Input(input, TensorElementType.Float, count);
                ranges.Add(EdgePrefix + input, values.GetTensorDataAsSpan<float>());
            }
        });
        reason = rows == 0 ? OnnxVerifier.NoRows : null;
        return rows == 0 ? null : ranges;
    }

    private static bool IsFloat32(KeyValuePair<string, NodeMetadata> edge) => edge.Value.ElementDataType == TensorElementType.Float;

    private void Add(string layer, ReadOnlySpan<float> values)
    {
        var totals = _totals.GetValueOrDefault(layer);
        RangeCount.Add(Finite(values), ref totals);
        _totals[layer] = totals;
    }

    /// <summary>The values with zeros, which do not count in the share of those that are not zero, for NaN and infinities.</summary>
    private static ReadOnlySpan<float> Finite(ReadOnlySpan<float> values)
        => TensorPrimitives.IsFiniteAll(values) ? values : Array.ConvertAll(values.ToArray(), value => float.IsFinite(value) ? value : 0);
}
