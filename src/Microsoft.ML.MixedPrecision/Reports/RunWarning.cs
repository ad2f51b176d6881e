namespace Microsoft.ML.MixedPrecision;

/// <summary>Something about a run that deserves attention, with what to do: a line of ML.NET's log, and of
/// <see cref="TrainingResult.Warnings"/>.</summary>
public sealed record RunWarning
{
    /// <summary>What it is about.</summary>
    public required RunWarningKind Kind { get; init; }

    /// <summary>For people: what is the matter, and what to do.</summary>
    public required string Message { get; init; }

    /// <summary>The epoch in which it arose, from 1; 0 before the first.</summary>
    public int Epoch { get; init; }

    /// <summary>Attempted steps that had been looked at when it arose; 0 before the first.</summary>
    public long Attempt { get; init; }

    /// <summary>The message.</summary>
    public override string ToString() => Message;
}
