using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline;

/// <summary>
/// Keeps layers in FP32 until what FP16 changes on the rows is within the limits. FP16 is spelled out by casts, since ONNX Runtime's CPU
/// provider would hide an overflow. With all layers in FP32 nothing is changed but by FP16 edges, which are tried first, so that an end is
/// always found.
/// </summary>
/// <param name="plan">The pipeline and its rows.</param>
/// <param name="options">The limits.</param>
/// <param name="writing">The export without any layer kept.</param>
internal sealed class Float16Search(PipelinePlan plan, OnnxExportOptions options, OnnxWriting writing)
{
    private readonly OnnxWriting _rounded = writing with { Arithmetic = OnnxArithmetic.RoundedToFloat16 };

    /// <summary>What each layer changes when it alone is in FP16; empty if no layer had to be kept.</summary>
    public Dictionary<string, OnnxComparison> Alone { get; } = [];

    /// <summary>Extends a choice until the limits are met.</summary>
    /// <param name="chosen">The layers that are kept already.</param>
    /// <param name="candidates">All layers that can be in FP16.</param>
    /// <returns>The layers to keep, each with the reason.</returns>
    /// <exception cref="ArgumentException">A limit is set on what the file does not compute.</exception>
    /// <exception cref="InvalidOperationException">FP16 inputs and outputs alone pass a limit.</exception>
    public IReadOnlyDictionary<string, string> Meet(Dictionary<string, string> chosen, IReadOnlyList<string> candidates)
    {
        RequireMeasurable();
        using var float32 = OnnxRuntimeSession.Open(
            OnnxFrame.Put(
                plan.Write(writing with { Arithmetic = OnnxArithmetic.Float32, Float16Edges = false }),
                NumericFormat.Float32).ToByteArray());
        if (writing.Float16Edges && !EdgesAllow(float32, candidates))
        {
            return chosen;
        }

        Queue<string>? order = null;
        while (Compare(float32, _rounded with { Float32Layers = chosen }) is var now && WhyOver(now) is { } limit)
        {
            order ??= Order(float32, [.. candidates.Where(layer => !chosen.ContainsKey(layer))], candidates);
            string layer = order.Dequeue();
            chosen[layer] = $"alone in FP16: {Alone[layer]}; with the others that were in FP16: {now}; {limit}";
        }

        return chosen;
    }

    /// <summary>Whether the limits can be met with FP16 edges, that is with all layers in FP32; if there is only the one that scores stay
    /// finite, no layer can help.</summary>
    private bool EdgesAllow(InferenceSession float32, IReadOnlyList<string> candidates)
    {
        var atBest = Compare(float32, _rounded with { Float32Layers = candidates.ToDictionary(layer => layer, _ => "") });
        string? limit = WhyOver(atBest);
        if (limit is not null && options.HasBudget)
        {
            throw new InvalidOperationException($"FP16 inputs and outputs change too much, whatever the layers compute in: {atBest}; "
                + $"{limit}. Leave {nameof(options.Float16Edges)} off, or allow more.");
        }

        return limit is null;
    }

    /// <summary>The layers, those first that alone change most.</summary>
    private Queue<string> Order(InferenceSession float32, string[] layers, IReadOnlyList<string> all)
    {
        foreach (string layer in layers)
        {
            Alone[layer] = Compare(
                float32,
                _rounded with
                {
                    Float16Edges = false,
                    Float32Layers = all.Where(other => other != layer).ToDictionary(other => other, _ => ""),
                });
        }

        return new Queue<string>(
            layers.OrderByDescending(layer => Alone[layer].LargestDifference ?? 0).ThenBy(layer => Alone[layer].LabelAgreement ?? 1));
    }

    private OnnxComparison Compare(InferenceSession float32, OnnxWriting with)
    {
        using var rounded = OnnxRuntimeSession.Open(OnnxFrame.Put(plan.Write(with), NumericFormat.Float32).ToByteArray());
        return OnnxVerifier.Compare(plan, float32, rounded);
    }

    /// <summary>The limit that is passed; null if none is.</summary>
    private string? WhyOver(OnnxComparison comparison)
    {
        if (comparison.LargestDifference is double.PositiveInfinity)
        {
            return "scores must stay finite";
        }

        if (comparison.LargestDifference > options.MaxDifference)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{nameof(options.MaxDifference)} is {options.MaxDifference:G3}");
        }

        return comparison.LabelAgreement < options.MinAgreement
            ? string.Create(CultureInfo.InvariantCulture, $"{nameof(options.MinAgreement)} is {options.MinAgreement}")
            : null;
    }

    private void RequireMeasurable()
    {
        if (options.MinAgreement is not null && !plan.Outputs.Any(output => output.IsLabel))
        {
            throw new ArgumentException($"{nameof(options.MinAgreement)} is set, but the file computes no label; use "
                + $"{nameof(options.MaxDifference)}, or name a label in {nameof(options.OutputColumns)}.", nameof(options));
        }

        if (options.MaxDifference is not null && plan.Outputs.All(output => output.IsLabel))
        {
            throw new ArgumentException($"{nameof(options.MaxDifference)} is set, but the file computes no scores; use "
                + $"{nameof(options.MinAgreement)}, or name 'Score' in {nameof(options.OutputColumns)}.", nameof(options));
        }
    }
}
