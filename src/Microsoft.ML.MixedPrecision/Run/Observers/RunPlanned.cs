namespace Microsoft.ML.MixedPrecision;

/// <summary>What a run will do, decided before its first step.</summary>
public sealed record RunPlanned
{
    /// <summary>Where it trains.</summary>
    public required string Device { get; init; }

    /// <summary>The policy after <see cref="PrecisionPolicy.Auto"/> was resolved for the device.</summary>
    public required PrecisionPolicy Precision { get; init; }

    /// <summary>The rule of the loss scale after <see cref="LossScaling.Auto"/> or a measurement was resolved, as text.</summary>
    public required string LossScale { get; init; }

    /// <summary>The loss scale of the first step.</summary>
    public required float InitialLossScale { get; init; }

    /// <summary>Most epochs.</summary>
    public required int Epochs { get; init; }

    /// <summary>Steps of an epoch; those that run again (<see cref="NetworkTrainerOptions.RetryPasses"/>) come on top.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Steps of all epochs, for the time that is left: early stopping makes them fewer, steps that run again more.</summary>
    public long TotalSteps => (long)Epochs * StepsPerEpoch;

    /// <summary>Rows that train.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows that validate after each epoch; 0 for none.</summary>
    public required int ValidationRows { get; init; }

    /// <summary>Rows of the largest batch.</summary>
    public required int BatchRows { get; init; }

    /// <summary>Rows of the largest step: all its batches.</summary>
    public required int StepRows { get; init; }

    /// <summary>Bytes that are allocated, by category.</summary>
    public required MemoryReport Memory { get; init; }

    /// <summary>For each operation: its formats and the reason for them, in forward order, the loss last.</summary>
    public required IReadOnlyList<OperationExplanation> Explanations { get; init; }

    /// <summary>Attempted steps that lie before this one; above 0 where the run goes on from a checkpoint.</summary>
    public required long Attempts { get; init; }

    /// <summary>Epochs that lie before this one.</summary>
    public required int EpochsDone { get; init; }

    /// <summary>Which run of its fit this is, from 1: above 1 where a fit makes several
    /// (<see cref="NetworkTrainerOptions.RefitOnAll"/>, <see cref="NetworkTrainerOptions.Bags"/>).</summary>
    public int Run { get; init; } = 1;

    /// <summary>Runs of the fit, if none of them ends it.</summary>
    public int Runs { get; init; } = 1;
}
