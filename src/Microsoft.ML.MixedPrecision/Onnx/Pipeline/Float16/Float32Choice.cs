using System.Globalization;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Which layers FP16 does not suit by the size of their values: those that make or read a value that comes within
/// <see cref="Headroom"/> of FP16's largest, 65504, or is mostly under its smallest normal, and those with a weight beyond it.
/// </summary>
internal static class Float32Choice
{
    /// <summary>Room for rows that have not been seen.</summary>
    public const double Headroom = 2;

    /// <summary>The share of non-zero values that may be under the smallest normal, where FP16 has fewer than 11 significant
    /// bits.</summary>
    public const double MostBelowNormal = 0.5;

    private const string InTraining = "in training", OnRows = "on the rows given";

    /// <summary>Chooses.</summary>
    /// <param name="layers">The layers, all that can be in FP16.</param>
    /// <param name="training">What training met, by layer.</param>
    /// <param name="rows">What the rows given make; null without rows.</param>
    /// <returns>The layers to keep in FP32, each with the reason.</returns>
    public static Dictionary<string, string> ByRange(
        IReadOnlyList<OnnxLayer> layers,
        IReadOnlyDictionary<string, ValueRange> training,
        LayerRanges? rows)
    {
        // No activation here makes a value larger than it reads: what one makes tells of a product that was fused with it and not watched.
        // Not so Sigmoid: its results are below 1 whatever it reads, and tiny ones come from numbers such as −15, which suit FP16 well.
        var activations = layers.Where(
            layer => layer.Operator is "Relu" or "Tanh" or "Silu" or "Gelu").ToDictionary(layer => layer.Inputs[0], layer => layer.Name);
        var chosen = new Dictionary<string, string>();
        foreach (var layer in layers)
        {
            if (!layer.IsAlwaysFloat32 && WhyNot(layer, ProblemOf) is { } reason)
            {
                chosen[layer.Name] = reason;
            }
        }

        return chosen;

        string? ProblemOf(string name)
            => ValueProblem(name, training, rows)
                ?? (activations.TryGetValue(name, out string? activation) && ValueProblem(activation, training, rows) is { } problem
                    ? $"goes into '{activation}', which {problem}"
                    : null);
    }

    private static string? WhyNot(OnnxLayer layer, Func<string, string?> problemOf)
    {
        if (layer.LargestWeight > OnnxWeights.Float16Max)
        {
            return $"a weight of {Text(layer.LargestWeight)} is beyond FP16's largest value, 65504";
        }

        if (problemOf(layer.Name) is { } own)
        {
            return "its result " + own;
        }

        return layer.Inputs.Select(input => (Input: input, Problem: problemOf(input)))
            .FirstOrDefault(read => read.Problem is not null) is { Problem: { } problem } read
            ? $"it reads '{read.Input}', which {problem}"
            : null;
    }

    private static string? ValueProblem(string name, IReadOnlyDictionary<string, ValueRange> training, LayerRanges? rows)
    {
        if (training.TryGetValue(name, out var range) && Problem(range.Largest, range.BelowNormal, InTraining) is { } problem)
        {
            return problem;
        }

        return rows?.LargestOf(name) is { } largest ? Problem(largest, rows.BelowNormalOf(name) ?? 0, OnRows) : null;
    }

    private static string? Problem(double largest, double belowNormal, string where)
    {
        if (largest > OnnxWeights.Float16Max / Headroom)
        {
            return $"reaches {Text(largest)} {where}; FP16 ends at 65504";
        }

        return belowNormal > MostBelowNormal
            ? string.Create(CultureInfo.InvariantCulture, $"is under FP16's smallest normal, {NumericFormat.Float16.MinNormal():G2}, "
                + $"in {belowNormal:P0} of its values {where}")
            : null;
    }

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
