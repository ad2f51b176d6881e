using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>What a model keeps of its training: the same in a saved file, and in the metadata of an export.</summary>
/// <param name="Policy">The precision policy, as <see cref="PrecisionPolicy.Parse"/> reads it.</param>
/// <param name="LossScale">How the loss was scaled.</param>
/// <param name="Ranges">What the range probes met; empty without them.</param>
internal sealed record TrainingSummary(string Policy, LossScaleSummary LossScale, IReadOnlyList<ValueRange> Ranges)
{
    /// <summary>The history, as JSON of a <see cref="TrainingResult"/> that is thinned, in an entry of its own; null where it is not
    /// kept.</summary>
    [JsonIgnore]
    public string? History { get; init; }

    /// <summary>The summary of a training.</summary>
    public static TrainingSummary Of(TrainingResult result) => new(
        result.Precision.ToString(),
        new LossScaleSummary(result.Attempts, result.Steps, result.Skipped, result.Growths, result.FinalLossScale),
        result.Ranges);
}

/// <summary>How a training's loss was scaled.</summary>
/// <param name="Attempts">Attempted steps.</param>
/// <param name="Steps">Committed steps.</param>
/// <param name="Skipped">Attempted steps that changed nothing, since a value was not finite.</param>
/// <param name="Growths">Times that the scale grew.</param>
/// <param name="Final">The scale at the end.</param>
internal sealed record LossScaleSummary(long Attempts, long Steps, long Skipped, long Growths, float Final);
