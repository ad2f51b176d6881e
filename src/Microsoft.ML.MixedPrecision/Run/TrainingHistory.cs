using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Collects what a plan's steps recorded into metrics for people.</summary>
internal sealed class TrainingHistory
{
    private readonly TrainingPlan _plan;
    private readonly int _epochs;
    private readonly string[] _slotNames;
    private readonly List<TrainingMetrics> _history = [];
    private readonly AttemptLog _attempts;
    private EpochTotals _epoch = new();
    private EpochPasses? _passes;
    private double _seconds;
    private int _rows;

    /// <summary>Starts empty.</summary>
    public TrainingHistory(TrainingPlan plan, int epochs)
    {
        _plan = plan;
        _epochs = epochs;
        _attempts = new AttemptLog(_history);
        _slotNames = [.. plan.Parameters.Slots.Select(slot => slot.Parameter.Name)];
    }

    /// <summary>Whether every step of the last epoch was skipped.</summary>
    public bool LastEpochSkippedAll => _history.Count > 0 && _history[^1].Skipped == _history[^1].AttemptCount;

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

    /// <summary>Begins an epoch: the records to come are those of its passes.</summary>
    /// <param name="passes">Told of every record, kept or not.</param>
    public void BeginEpoch(EpochPasses passes) => _passes = passes;

    /// <summary>Takes the waiting records before the ring would lose one.</summary>
    public void DrainIfFull()
    {
        if (_plan.Records.Waiting >= _plan.Records.Capacity / 2)
        {
            Drain();
        }
    }

    /// <summary>Takes all records that wait.</summary>
    public void Drain()
    {
        while (_plan.Records.TryTake(out StepRecord record))
        {
            StepMetrics attempt = ToMetrics(record);
            _passes!.Note(attempt);
            _epoch.Add(attempt);
            _attempts.Add(attempt);
        }
    }

    /// <summary>Turns the records of an epoch into metrics.</summary>
    /// <param name="rows">Rows that trained.</param>
    /// <param name="elapsed">In this time.</param>
    /// <param name="validation">What validation found; null without validation rows.</param>
    public TrainingMetrics EndEpoch(int rows, TimeSpan elapsed, (double Loss, double? Accuracy)? validation)
    {
        Drain();
        _seconds += elapsed.TotalSeconds;
        _rows = rows;
        var metrics = new TrainingMetrics
        {
            Epoch = Epoch,
            Epochs = _epochs,
            Step = _plan.State.Step,
            Loss = _epoch.Loss,
            ValidationLoss = validation?.Loss,
            ValidationAccuracy = validation?.Accuracy,
            RowsPerSecond = rows / elapsed.TotalSeconds,
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
        IReadOnlyList<string> warnings,
        string reason,
        int? bestEpoch,
        bool restored)
        => new(_plan.Explanation)
        {
            History = _history,
            Memory = _plan.Memory,
            Ranges = [.. _plan.Ranges],
            Attempts = _plan.Run.Attempts,
            Steps = _plan.State.Step,
            Skipped = _plan.State.Skips,
            Growths = _plan.Scale.Growths,
            FinalLossScale = _plan.Scale.Scale,
            Rows = _rows,
            RowsPerSecond = _seconds == 0 ? 0 : (double)_rows * _history.Count / _seconds,
            Device = device.Description,
            Precision = options.Precision,
            BestEpoch = bestEpoch,
            BestWeightsRestored = restored,
            StopReason = reason,
            Warnings = warnings,
        };

    private StepMetrics ToMetrics(in StepRecord record) => new()
    {
        Attempt = record.Attempt,
        Step = record.Step,
        Epoch = Epoch,
        EpochStep = _passes!.StepOf(record.Attempt) + 1,
        RetryPass = _passes.Retry,
        Rows = record.Rows,
        Loss = (float)record.Loss,
        GradientNorm = record.Norm,
        LossScale = record.Scale,
        LearningRate = record.LearningRate,
        ClipCoefficient = record.Coefficient,
        NonFinite = NonFinite.NameOf(record.FirstNonFinite, slot => _slotNames[slot]),
    };
}
