namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>What the validation rows tell of an epoch.</summary>
/// <param name="Loss">Mean loss: Σ wᵢℓᵢ ÷ labelled positions.</param>
/// <param name="Accuracy">Share of right answers; null where the loss counts none.</param>
internal readonly record struct ValidationFigures(double Loss, double? Accuracy)
{
    /// <summary>See <see cref="TrainingMetrics.ValidationAuc"/>; null unless it is what chooses the best epoch.</summary>
    public double? Auc { get; init; }

    /// <summary>See <see cref="TrainingMetrics.ValidationRmse"/>; null unless it is what chooses the best epoch.</summary>
    public double? Rmse { get; init; }

    /// <summary>What the best epoch has least of; NaN where the loss is not finite, since a share of right answers tells nothing of scores
    /// that are no numbers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The metric is not known.</exception>
    public double Criterion(BestEpochMetric metric) => metric switch
    {
        _ when !double.IsFinite(Loss) => double.NaN,
        BestEpochMetric.Loss => Loss,
        BestEpochMetric.Accuracy => -Accuracy!.Value,
        BestEpochMetric.Auc => -Auc!.Value,
        BestEpochMetric.Rmse => Rmse!.Value,
        _ => throw Tensors.UnknownValue.Of(metric),
    };
}
