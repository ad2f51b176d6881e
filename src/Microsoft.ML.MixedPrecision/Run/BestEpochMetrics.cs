using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>What is said of a <see cref="BestEpochMetric"/>.</summary>
internal static class BestEpochMetrics
{
    /// <summary>Improvement in words: <c>smaller validation loss</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The metric is not known.</exception>
    public static string Better(this BestEpochMetric metric) => metric switch
    {
        BestEpochMetric.Loss => "smaller validation loss",
        BestEpochMetric.Accuracy => "larger validation accuracy",
        BestEpochMetric.Auc => "larger validation AUC",
        BestEpochMetric.Rmse => "smaller validation RMSE",
        _ => throw UnknownValue.Of(metric),
    };
}
