namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>A step that is asked for, as a whole.</summary>
/// <param name="Rows">Its rows: the next ones of the epoch's order, in micro-batches of the plan's size, the last one of what is
/// left.</param>
internal readonly record struct StepRequest(int Rows)
{
    /// <summary>Its labelled positions, over all micro-batches and devices, which losses are divided by: the rows, unless rows have several
    /// or none.</summary>
    public int Positions { get; init; } = Rows;

    /// <summary>Learning rate, before the schedule's factor.</summary>
    public float LearningRate { get; init; }

    /// <summary>Whether the probes run.</summary>
    public bool Measure { get; init; }
}
