namespace Microsoft.ML.MixedPrecision;

/// <summary>The end of a run.</summary>
public sealed record RunEnded
{
    /// <summary>How it ended.</summary>
    public required RunEnding Ending { get; init; }

    /// <summary>Why, for people: <see cref="TrainingResult.StopReason"/>, or the exception's message.</summary>
    public required string Reason { get; init; }

    /// <summary>What happened until then; null where it ended before it was planned, for example by a row that cannot be read.</summary>
    public required TrainingResult? Result { get; init; }

    /// <summary>What ended it; null where it finished or was stopped.</summary>
    public Exception? Error { get; init; }
}
