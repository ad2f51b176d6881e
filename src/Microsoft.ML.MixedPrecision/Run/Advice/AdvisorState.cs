namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>A <see cref="TrainingAdvisor"/> between two steps.</summary>
internal sealed record AdvisorState
{
    /// <summary>What was said.</summary>
    public required IReadOnlyList<RunWarning> Warnings { get; init; }

    /// <summary>Skipped steps by place.</summary>
    public required IReadOnlyDictionary<string, long> Skips { get; init; }

    /// <summary>Rows that are in skipped steps again and again.</summary>
    public required RepeatedSkipsState Repeated { get; init; }

    /// <summary>The last advice; null for none.</summary>
    public required string? Given { get; init; }

    /// <summary>Attempts when passes over skipped steps last ended; 0 for never.</summary>
    public required long RetriesEnded { get; init; }

    /// <summary>Steps that no attempt has committed.</summary>
    public required long Lost { get; init; }

    /// <summary>Epochs with such.</summary>
    public required int EpochsWithLost { get; init; }

    /// <summary>Whether it was said that nothing is learned.</summary>
    public required bool SaidStuck { get; init; }

    /// <summary>Whether it was said which rows overflow again and again.</summary>
    public required bool SaidRepeated { get; init; }

    /// <summary>Whether it was said that a validation loss is not finite.</summary>
    public required bool SaidValidation { get; init; }
}
