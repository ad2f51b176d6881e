namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary><see cref="TrainingMetrics"/> of a whole epoch as they are kept: all that they tell, without their way to stop a run. (A run
/// that goes on has no partial epoch.)</summary>
internal sealed record EpochState
{
    /// <inheritdoc cref="TrainingMetrics.Epoch"/>
    public required int Epoch { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Epochs"/>
    public required int Epochs { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Rows"/>
    public required long Rows { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Step"/>
    public required long Step { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Loss"/>
    public required double Loss { get; init; }

    /// <inheritdoc cref="TrainingMetrics.ValidationLoss"/>
    public required double? ValidationLoss { get; init; }

    /// <inheritdoc cref="TrainingMetrics.ValidationAccuracy"/>
    public required double? ValidationAccuracy { get; init; }

    /// <inheritdoc cref="TrainingMetrics.ValidationAuc"/>
    public required double? ValidationAuc { get; init; }

    /// <inheritdoc cref="TrainingMetrics.ValidationRmse"/>
    public required double? ValidationRmse { get; init; }

    /// <inheritdoc cref="TrainingMetrics.RowsPerSecond"/>
    public required double RowsPerSecond { get; init; }

    /// <inheritdoc cref="TrainingMetrics.LossScale"/>
    public required float LossScale { get; init; }

    /// <inheritdoc cref="TrainingMetrics.GradientNorm"/>
    public required double GradientNorm { get; init; }

    /// <inheritdoc cref="TrainingMetrics.AttemptCount"/>
    public required int AttemptCount { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Skipped"/>
    public required int Skipped { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Lost"/>
    public required int Lost { get; init; }

    /// <inheritdoc cref="TrainingMetrics.LearningRate"/>
    public required float LearningRate { get; init; }

    /// <inheritdoc cref="TrainingMetrics.Attempts"/>
    public required IReadOnlyList<StepMetrics> Attempts { get; init; }

    /// <summary>An epoch's.</summary>
    public static EpochState Of(TrainingMetrics epoch) => new()
    {
        Epoch = epoch.Epoch,
        Epochs = epoch.Epochs,
        Rows = epoch.Rows,
        Step = epoch.Step,
        Loss = epoch.Loss,
        ValidationLoss = epoch.ValidationLoss,
        ValidationAccuracy = epoch.ValidationAccuracy,
        ValidationAuc = epoch.ValidationAuc,
        ValidationRmse = epoch.ValidationRmse,
        RowsPerSecond = epoch.RowsPerSecond,
        LossScale = epoch.LossScale,
        GradientNorm = epoch.GradientNorm,
        AttemptCount = epoch.AttemptCount,
        Skipped = epoch.Skipped,
        Lost = epoch.Lost,
        LearningRate = epoch.LearningRate,
        Attempts = epoch.Attempts,
    };

    /// <summary>The reverse.</summary>
    public TrainingMetrics ToMetrics() => new()
    {
        Epoch = Epoch,
        Epochs = Epochs,
        Rows = Rows,
        Step = Step,
        Loss = Loss,
        ValidationLoss = ValidationLoss,
        ValidationAccuracy = ValidationAccuracy,
        ValidationAuc = ValidationAuc,
        ValidationRmse = ValidationRmse,
        RowsPerSecond = RowsPerSecond,
        LossScale = LossScale,
        GradientNorm = GradientNorm,
        AttemptCount = AttemptCount,
        Skipped = Skipped,
        Lost = Lost,
        LearningRate = LearningRate,
        Attempts = Attempts,
    };
}
