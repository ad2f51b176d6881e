using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Collects the steps of a run into metrics of its epochs, and these into its result.</summary>
internal sealed class TrainingHistory : IRunObserver
{
    private readonly TrainingPlan _plan;
    private readonly int _epochs;
    private readonly List<TrainingMetrics> _history = [];
    private readonly AttemptLog _attempts;
    private EpochTotals _epoch = new();
    private double _seconds;
    private int _rows;

    /// <summary>Starts empty.</summary>
    public TrainingHistory(TrainingPlan plan, int epochs)
    {
        _plan = plan;
        _epochs = epochs;
        _attempts = new AttemptLog(_history);
    }

    /// <summary>Whether every step of the last epoch was skipped; the first steps of one that was stopped do not tell.</summary>
    public bool LastEpochSkippedAll
        => _history is [.., { IsPartial: false } last] && last.Skipped == last.AttemptCount;

    /// <summary>Attempts of the epoch that has not ended.</summary>
    public int AttemptsOfEpoch => _epoch.Attempts;

    /// <summary>The epochs that have ended.</summary>
    public IReadOnlyList<TrainingMetrics> Ended => _history;

    private int Epoch => _history.Count + 1;

    /// <summary>What has been collected; all records are taken.</summary>
    public HistoryState Capture() => new([.. _history.Select(EpochState.Of)], _attempts.Capture(), _epoch.Capture(), _seconds, _rows);

    /// <summary>Goes on from there.</summary>
    /// <param name="state">What had been collected.</param>
    public void Resume(HistoryState state)
    {
        _history.AddRange(state.Ended.Select(epoch => epoch.ToMetrics()));
        _attempts.Resume(state.Attempts);
        _epoch.Resume(state.Epoch);
        (_seconds, _rows) = (state.Seconds, state.Rows);
    }

    /// <summary>Collects steps of the epoch that has not ended.</summary>
    /// <param name="steps">They.</param>
    public void OnSteps(RunSteps steps)
    {
        foreach (StepMetrics step in steps.Steps)
        {
            _epoch.Add(step);
            _attempts.Add(step);
        }
    }

    /// <summary>Turns the steps of an epoch, at least one, into metrics.</summary>
    /// <param name="rows">Rows that train in a whole epoch.</param>
    /// <param name="elapsed">In this time.</param>
    /// <param name="validation">What validation found; null without validation rows.</param>
    /// <param name="reached">Rows that were reached of an epoch within which the run ends; null for a whole one.</param>
    public TrainingMetrics EndEpoch(int rows, TimeSpan elapsed, ValidationFigures? validation, int? reached = null)
    {
        _seconds += elapsed.TotalSeconds;
        _rows = rows;
        var metrics = new TrainingMetrics
        {
            Epoch = Epoch,
            Epochs = _epochs,
            IsPartial = reached is not null,
            Rows = reached ?? rows,
            Step = _plan.State.Step,
            Loss = _epoch.Loss,
            ValidationLoss = validation?.Loss,
            ValidationAccuracy = validation?.Accuracy,
            ValidationAuc = validation?.Auc,
            ValidationRmse = validation?.Rmse,
            RowsPerSecond = (reached ?? rows) / elapsed.TotalSeconds,
            LossScale = _plan.Scale.Scale,
            GradientNorm = _epoch.GradientNorm,
            AttemptCount = _epoch.Attempts,
            Skipped = _epoch.Skipped,
            Lost = _epoch.Lost,
            LearningRate = _epoch.LearningRate,
            Attempts = _attempts.EndEpoch(),
        };
        _epoch = new EpochTotals();
        _history.Add(metrics);
        return metrics;
    }

    /// <summary>Everything, at the end.</summary>
    public TrainingResult ToResult(
        TrainingOptions options,
        Device device,
        IReadOnlyList<RunWarning> warnings,
        string reason,
        int? bestEpoch,
        bool restored)
        => new(_plan.Explanation)
        {
            History = _history,
            Memory = _plan.Memory,
            Ranges = Ranges(),
            Attempts = _plan.Run.Attempts,
            Steps = _plan.State.Step,
            Skipped = _plan.State.Skips,
            Growths = _plan.Scale.Growths,
            FinalLossScale = _plan.Scale.Scale,
            Rows = _rows,
            RowsPerSecond = _seconds == 0 ? 0 : _history.Sum(epoch => epoch.Rows) / _seconds,
            Device = device.Description,
            Precision = options.Precision,
            BestEpoch = bestEpoch,
            BestWeightsRestored = restored,
            StopReason = reason,
            WarningDetails = [.. warnings],
        };

    /// <summary>The ranges; none of a card that is lost.</summary>
    private ValueRange[] Ranges()
    {
        try
        {
            return [.. _plan.Ranges];
        }
        catch (CudaException)
        {
            return [];
        }
    }
}
