using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Collects what a plan's steps recorded into metrics for people.</summary>
internal sealed class TrainingHistory
{
    private readonly TrainingPlan _plan;
    private readonly int _epochs;
    private readonly string[] _slotNames;
    private readonly List<TrainingMetrics> _history = [];
    private readonly List<StepRecord> _drained = [];
    private double _seconds;

    /// <summary>Starts empty.</summary>
    public TrainingHistory(TrainingPlan plan, int epochs)
    {
        _plan = plan;
        _epochs = epochs;
        _slotNames = [.. plan.Parameters.Slots.Select(slot => slot.Parameter.Name)];
    }

    /// <summary>Whether every step of the last epoch was skipped.</summary>
    public bool LastEpochSkippedAll => _history.Count > 0 && _history[^1].Skipped == _history[^1].Attempts.Count;

    /// <summary>Takes the waiting records before the ring would lose one.</summary>
    public void DrainIfFull()
    {
        if (_plan.Records.Waiting >= _plan.Records.Capacity / 2)
        {
            Drain();
        }
    }

    /// <summary>Turns the records of an epoch into metrics.</summary>
    public TrainingMetrics EndEpoch(int epoch, int rows, TimeSpan elapsed, (double Loss, double? Accuracy)? validation)
    {
        Drain();
        StepMetrics[] attempts = [.. _drained.Select(record => ToMetrics(record, epoch))];
        _drained.Clear();
        _seconds += elapsed.TotalSeconds;
        StepMetrics[] finite = [.. attempts.Where(step => float.IsFinite(step.Loss))];
        var metrics = new TrainingMetrics
        {
            Epoch = epoch,
            Epochs = _epochs,
            Step = _plan.State.Step,
            Loss = finite.Length == 0 ? double.NaN : finite.Sum(step => (double)step.Loss * step.Rows) / finite.Sum(step => (double)step.Rows),
            ValidationLoss = validation?.Loss,
            ValidationAccuracy = validation?.Accuracy,
            RowsPerSecond = rows / elapsed.TotalSeconds,
            LossScale = _plan.Scale.Scale,
            GradientNorm = attempts.Where(step => !step.Skipped).Select(step => step.GradientNorm).DefaultIfEmpty(double.NaN).Last(),
            Skipped = attempts.Count(step => step.Skipped),
            LearningRate = attempts[^1].LearningRate,
            Attempts = attempts,
        };
        _history.Add(metrics);
        return metrics;
    }

    /// <summary>Everything, at the end.</summary>
    public TrainingResult ToResult(TrainingOptions options, Device device, IReadOnlyList<string> warnings, string reason, int? bestEpoch, bool restored)
    {
        int rows = _history.Count == 0 ? 0 : _history[^1].Attempts.Sum(step => step.Rows);
        return new TrainingResult(_plan.Explain())
        {
            History = _history,
            Memory = _plan.Memory,
            Ranges = [.. _plan.Ranges],
            Attempts = _plan.Run.Attempts,
            Steps = _plan.State.Step,
            Skipped = _plan.State.Skips,
            Growths = _plan.Scale.Growths,
            FinalLossScale = _plan.Scale.Scale,
            Rows = rows,
            RowsPerSecond = _seconds == 0 ? 0 : (double)rows * _history.Count / _seconds,
            Device = device.Description,
            Precision = options.Precision,
            BestEpoch = bestEpoch,
            BestWeightsRestored = restored,
            StopReason = reason,
            Warnings = warnings,
        };
    }

    private void Drain()
    {
        while (_plan.Records.TryTake(out StepRecord record))
        {
            _drained.Add(record);
        }
    }

    private StepMetrics ToMetrics(in StepRecord record, int epoch) => new()
    {
        Attempt = record.Attempt,
        Step = record.Step,
        Epoch = epoch,
        Rows = record.Rows,
        Loss = (float)record.Loss,
        GradientNorm = record.Norm,
        LossScale = record.Scale,
        LearningRate = record.LearningRate,
        ClipCoefficient = record.Coefficient,
        NonFinite = record.FirstNonFinite switch
        {
            NonFinite.None => null,
            NonFinite.Loss => "loss",
            NonFinite.Logits => "logits",
            NonFinite.Norm => "gradient norm",
            int slot => _slotNames[slot],
        },
    };
}
