using System.ComponentModel;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision;

/// <summary>By which figure of the validation rows the best epoch is chosen.</summary>
[TypeConverter(typeof(NamedEnumConverter<BestEpochMetric>))]
public enum BestEpochMetric
{
    /// <summary>The smallest <see cref="TrainingMetrics.ValidationLoss"/>: for classes the log-loss, which also sees how sure answers
    /// are.</summary>
    Loss = 0,

    /// <summary>The largest <see cref="TrainingMetrics.ValidationAccuracy"/>; for classes.</summary>
    Accuracy,

    /// <summary>The largest <see cref="TrainingMetrics.ValidationAuc"/>; for classes.</summary>
    Auc,

    /// <summary>The smallest <see cref="TrainingMetrics.ValidationRmse"/>; for numbers. With the squared error it is the smallest loss,
    /// unless rows have weights.</summary>
    Rmse,
}
