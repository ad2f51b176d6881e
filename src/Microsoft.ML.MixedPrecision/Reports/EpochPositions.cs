namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>
/// Where attempted steps lie on an axis of epochs: the i-th of n attempts of epoch e at e − 1 + i/n, so that an epoch's own values lie at
/// e.
/// </summary>
internal sealed class EpochPositions
{
    private readonly Dictionary<int, (long Before, int Count)> _epochs = [];
    private readonly double _perEpoch;

    /// <summary>Counts the attempts of a history.</summary>
    /// <param name="result">The training.</param>
    public EpochPositions(TrainingResult result)
    {
        Last = result.History.Count == 0 ? 1 : result.History[^1].Epoch;
        _perEpoch = Math.Max(1, (double)result.Attempts / Last);
        long before = 0;
        foreach (TrainingMetrics epoch in result.History.Count == Last ? result.History : [])
        {
            _epochs.Add(epoch.Epoch, (before, epoch.AttemptCount));
            before += epoch.AttemptCount;
        }
    }

    /// <summary>The last epoch.</summary>
    public int Last { get; }

    /// <summary>An attempt's place. Of a history that lacks epochs, since it was thinned, all are taken to be of one length.</summary>
    /// <param name="step">The attempt.</param>
    public double Of(StepMetrics step) => _epochs.TryGetValue(step.Epoch, out (long Before, int Count) epoch) && epoch.Count > 0
        ? step.Epoch - 1 + Math.Clamp((double)(step.Attempt - epoch.Before) / epoch.Count, 0, 1)
        : Math.Clamp(step.Attempt / _perEpoch, 0, Last);
}
