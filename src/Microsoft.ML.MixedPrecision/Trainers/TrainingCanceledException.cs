namespace Microsoft.ML.MixedPrecision;

/// <summary>A training was cancelled after it had begun: by <see cref="NetworkTrainerOptions.CancellationToken"/>, or by the
/// <c>MLContext</c>.</summary>
public sealed class TrainingCanceledException : OperationCanceledException
{
    internal TrainingCanceledException(OperationCanceledException inner, TrainingResult result, ITransformer? model)
        : base(
            $"The training was {result.StopReason}. Result has what happened until then"
                + (model is null ? "; set KeepUnfinishedModel to get the model too." : ", and Model what was learned."),
            inner,
            inner.CancellationToken)
        => (Result, Model) = (result, model);

    /// <summary>What happened until then: its history ends with the epoch that had begun
    /// (<see cref="TrainingMetrics.IsPartial"/>).</summary>
    public TrainingResult Result { get; }

    /// <summary>What was learned until then, fit to score, save and export; null unless
    /// <see cref="NetworkTrainerOptions.KeepUnfinishedModel"/> is set.</summary>
    public ITransformer? Model { get; }
}
