using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;

namespace Microsoft.ML.MixedPrecision.Run;

/// <content>What the plan of a run is made from.</content>
internal sealed partial class TrainingLoop
{
    /// <summary>Steps of all epochs.</summary>
    private long Steps => (long)_options.Epochs * new RowParts(_order.TrainRows, _options.StepRows).Count;

    private PlanSettings Settings(LossScaleRule rule)
    {
        int stepsPerEpoch = new RowParts(_order.TrainRows, _options.StepRows).Count;
        return Settings(rule, _options.Frozen.Apply(_network, stepsPerEpoch));
    }

    private PlanSettings Settings(LossScaleRule rule, IReadOnlySet<Parameter> frozen) => new PlanSettings(
        _options.Precision,
        rule,
        _options.OptimizerSettings,
        Math.Min(_options.BatchSize, _order.TrainRows),
        _options.ClipNorm,
        _options.ClipValue,
        MeasuresRanges: _options.RangeProbeInterval > 0)
    {
        Loss = _options.Loss,
        Schedule = RateSchedule.Create(
            _options.Schedule,
            Steps,
            _options.WarmupFraction,
            _options.FinalLearningRateFraction),
        Regularization = new RegularizationCourse(_options.Regularization == RegularizationSchedule.FlatCos ? Steps : 0),
        Seed = _options.Seed,
        Frozen = frozen,
        SmallerBatches = [.. BatchRows.Skip(1)],
    }.For(_train);

    /// <summary>What observers are told before the first step.</summary>
    private RunPlanned Planned(TrainingRun run, LossScaleRule rule) => new()
    {
        Device = _device.Description,
        Precision = _options.Precision,
        LossScale = rule.ToString(),
        InitialLossScale = run.Plan.Scale.Scale,
        Epochs = _options.LastEpoch,
        StepsPerEpoch = new RowParts(_order.TrainRows, _options.StepRows).Count,
        Rows = _order.TrainRows,
        ValidationRows = _validation?.Rows ?? 0,
        BatchRows = run.Plan.BatchRows,
        StepRows = Math.Min(_options.StepRows, _order.TrainRows),
        Memory = run.Plan.Memory,
        Explanations = run.Plan.Explanation.Operations,
        Attempts = run.Attempts,
        EpochsDone = run.History.Ended.Count,
        Run = Place.Run,
        Runs = Place.Runs,
    };

    /// <summary>All numbers of rows that micro-batches will have, the largest first.</summary>
    private IEnumerable<int> BatchRows
    {
        get
        {
            int lastStep = _order.TrainRows % _options.StepRows;
            return (
                (int[])[
                    Math.Min(_options.BatchSize, _order.TrainRows),
                    Math.Min(_options.BatchSize, lastStep),
                    lastStep % _options.BatchSize]).Where(rows => rows > 0);
        }
    }

    /// <summary>Before the first step, for all micro-batches to come.</summary>
    private void Prepare(TrainingPlan plan)
    {
        if (_train.HasSequences)
        {
            // Batches are of many sizes, each of which is made ready when it comes first.
            return;
        }

        foreach (int rows in BatchRows)
        {
            plan.Steps.Prepare(rows);
        }
    }
}
