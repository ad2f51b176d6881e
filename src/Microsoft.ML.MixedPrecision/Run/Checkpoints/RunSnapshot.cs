namespace Microsoft.ML.MixedPrecision.Run.Checkpoints;

/// <summary>What a run knows beside its plan, between two steps.</summary>
internal sealed record RunSnapshot
{
    /// <summary>Attempted steps.</summary>
    public required long Attempts { get; init; }

    /// <summary>Why the run has ended; null while it has not.</summary>
    public string? StopReason { get; init; }
}
