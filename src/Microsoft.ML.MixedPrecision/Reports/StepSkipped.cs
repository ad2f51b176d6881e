namespace Microsoft.ML.MixedPrecision;

/// <summary>A step that was attempted and changed nothing, since a value was not finite: part of a dynamic loss scale's search, or a
/// sign of rows or weights that are too large.</summary>
public sealed record StepSkipped
{
    /// <summary>Number of the attempt in the run, from 1.</summary>
    public required long Attempt { get; init; }

    /// <summary>Epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Place of the step in its epoch, from 1.</summary>
    public required int EpochStep { get; init; }

    /// <summary>0 for the first attempt at these rows in the epoch, else the number of the pass over skipped steps.</summary>
    public required int RetryPass { get; init; }

    /// <summary>Where the first infinity or NaN was found: as in <see cref="StepMetrics.NonFinite"/>.</summary>
    public required string NonFinite { get; init; }

    /// <summary>Scale that the step's gradients carried.</summary>
    public required float ScaleBefore { get; init; }

    /// <summary>Scale that it left; null for a training that was read from a text or model of an earlier version.</summary>
    public required float? ScaleAfter { get; init; }

    /// <summary>The same of a step's metrics.</summary>
    /// <param name="step">A skipped step.</param>
    internal static StepSkipped Of(StepMetrics step) => new()
    {
        Attempt = step.Attempt,
        Epoch = step.Epoch,
        EpochStep = step.EpochStep,
        RetryPass = step.RetryPass,
        NonFinite = step.NonFinite!,
        ScaleBefore = step.LossScale,
        ScaleAfter = step.NextLossScale,
    };
}
