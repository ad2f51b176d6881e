using System.Globalization;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Which inputs and outputs of a graph FP16 does not suit by their size: features that came within <see cref="Float32Choice.Headroom"/> of
/// FP16's largest value, 65504,
/// in training or on the rows given, inputs that do so on the rows given or may by the numbers that they are normalised with, and scores
/// that do so on the rows given or, without rows, can do so by the network's weights and ranges. A regression's scores are
/// of whatever size its labels were; where nothing is known of them they stay FP32.
/// </summary>
/// <param name="context">The pipeline as it was written, with FP32 edges.</param>
/// <param name="rows">What the rows given make; null without rows.</param>
internal sealed class Float32EdgeChoice(PipelineOnnxContext context, LayerRanges? rows)
{
    private const double Limit = OnnxWeights.Float16Max / Float32Choice.Headroom;

    /// <summary>The share of an input's deviation that rounding may change a value by: years near 2000 that deviate by 30 are about
    /// there.</summary>
    private const double MostLost = 1.0 / 32;

    private static readonly HashSet<string> Copies =
        ["Identity", "Cast", "Concat", "Gather", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Where"];

    private readonly GraphProto _graph = context.Graph.Graph;
    private readonly Dictionary<string, string> _kept = [];

    /// <summary>Chooses.</summary>
    /// <returns>The names of inputs and outputs that stay FP32, each with the reason.</returns>
    public IReadOnlyDictionary<string, string> Choose()
    {
        foreach (NetworkEdges network in context.Edges)
        {
            if (network.ReadsCategories)
            {
                KeepInputs(network.Features, "it holds numbers of categories, or stands beside them; FP16 is exact up to 2048 only");
            }
            else if (FeaturesProblem(network.FeaturesLayer) is { } tooLarge)
            {
                KeepInputs(network.Features, tooLarge);
            }

            if (ScoresProblem(network.Outputs) is { } problem)
            {
                KeepOutputs(network.Scores, problem);
            }
        }

        var reach = new InputReach(context);
        foreach (var input in _graph.Input.Where(
            input => input.Type.TensorType.ElemType == (int)OnnxElementType.Float && !_kept.ContainsKey(input.Name)))
        {
            if (InputProblem(input, reach) is { } problem)
            {
                _kept[input.Name] = problem;
            }
        }

        return _kept;
    }

    private string? FeaturesProblem(string layer)
    {
        if (context.Ranges.TryGetValue(layer, out var range) && range.Largest > Limit)
        {
            return $"the features reach {Text(range.Largest)} in training; FP16 ends at 65504";
        }

        return rows?.LargestOf(layer) is { } largest && largest > Limit
            ? $"the features reach {Text(largest)} on the rows given; FP16 ends at 65504"
            : null;
    }

    /// <summary>What of an input FP16 does not hold that steps before the network, or its own scaling of features, bring into
    /// range.</summary>
    private string? InputProblem(ValueInfoProto input, InputReach reach)
    {
        if (rows?.LargestOfEdge(input.Name) is { } met && met > Limit)
        {
            return $"it reaches {Text(met)} on the rows given; FP16 ends at 65504";
        }

        if (reach.Of(input) is not { } known)
        {
            return null;
        }

        if (rows is null && known.Largest > OnnxWeights.Float16Max)
        {
            return $"by the numbers that it is normalised with it may reach {Text(known.Largest)}; FP16 ends at 65504";
        }

        return known.Loss > MostLost
            ? string.Create(CultureInfo.InvariantCulture, $"its values lie so near each other that rounding them to FP16 changes one "
                + $"by up to {known.Loss:P0} of what they are scaled by")
            : null;
    }

    private string? ScoresProblem(OnnxOutputs outputs)
    {
        if (rows?.LargestOf(outputs.Layer) is { } largest)
        {
            return largest > Limit ? $"the scores reach {Text(largest)} on the rows given; FP16 ends at 65504" : null;
        }

        if (outputs.Largest is { } bound)
        {
            return bound > Limit
                ? $"by the last layer's weights and the ranges of training the scores can reach {Text(bound)}; FP16 ends at 65504"
                : null;
        }

        return outputs.AreInUnitsOfLabel
            ? "the scores are in units of the label, and of their size nothing is known: give data to the export, or train with "
                + "RangeProbeInterval above 0"
            : null;
    }

    /// <summary>Keeps the inputs whose values a variable holds, unchanged by what stands between.</summary>
    private void KeepInputs(string variable, string reason)
    {
        var holding = new HashSet<string> { variable };
        foreach (var node in _graph.Node.Reverse().Where(node => Copies.Contains(node.OpType) && node.Output.Any(holding.Contains)))
        {
            holding.UnionWith(node.Input);
        }

        foreach (var input in _graph.Input.Where(input => holding.Contains(input.Name)))
        {
            _kept[input.Name] = reason;
        }
    }

    /// <summary>Keeps the outputs that depend on variables: nothing is known of what later steps make of them.</summary>
    private void KeepOutputs(IReadOnlyList<string> variables, string reason)
    {
        var reached = variables.ToHashSet();
        foreach (var node in _graph.Node.Where(node => node.Input.Any(reached.Contains)))
        {
            reached.UnionWith(node.Output);
        }

        foreach (var output in _graph.Output.Where(output => reached.Contains(output.Name)))
        {
            _kept[output.Name] = reason;
        }
    }

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
