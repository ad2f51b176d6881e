namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

/// <summary>How good scores are; NaN where a measure does not apply.</summary>
/// <param name="Auc">Area under the ROC curve; of several classes the mean of each class against all others.</param>
/// <param name="Accuracy">Share of rows whose class is right.</param>
/// <param name="LogLoss">Mean of −ln p of the right class, with p of at least 1e-15, in nats.</param>
/// <param name="Rmse">Root of the mean squared error.</param>
internal readonly record struct TableScore(double Auc, double Accuracy, double LogLoss, double Rmse)
{
    /// <summary>The error that contenders are ranked by: 1 − <see cref="Auc"/>, or <see cref="Rmse"/>. Less is better.</summary>
    public double Error => double.IsNaN(Rmse) ? 1 - Auc : Rmse;
}
