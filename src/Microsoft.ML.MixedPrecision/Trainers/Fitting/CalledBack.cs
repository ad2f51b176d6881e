namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary><see cref="NetworkTrainerOptions.MetricsCallback"/> as an observer.</summary>
/// <param name="callback">Called after each epoch.</param>
internal sealed class CalledBack(Action<TrainingMetrics> callback) : IRunObserver
{
    /// <inheritdoc/>
    public void OnEpoch(TrainingMetrics epoch) => callback(epoch);
}
