using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Trains a network: epochs of steps over a store of rows. Afterwards the network's parameters hold the result.</summary>
internal sealed class TrainingLoop
{
    private readonly Network _network;
    private readonly TrainingOptions _options;
    private readonly Device _device;
    private readonly ExampleStore _train;
    private readonly RowOrder _order;
    private readonly Validation? _validation;
    private readonly BestWeights? _best;
    private int _attempts;

    /// <summary>Prepares a run.</summary>
    /// <param name="network">Network with its starting weights.</param>
    /// <param name="options">How to train.</param>
    /// <param name="device">Where.</param>
    /// <param name="train">Rows to train on, and those that the order holds back.</param>
    /// <param name="validation">Rows to validate on; null for those that the order holds back.</param>
    /// <param name="order">Which rows train; null for all of them.</param>
    public TrainingLoop(Network network, TrainingOptions options, Device device, ExampleStore train, ExampleStore? validation, RowOrder? order = null)
    {
        _network = network;
        _options = options;
        _device = device;
        _train = train;
        _order = order ?? new RowOrder(train.Rows, [], options.Seed);
        _validation = validation is not null ? new Validation(validation, [.. Enumerable.Range(0, validation.Rows)], device, options.Loss.ForValidation)
            : _order.Validation.Length > 0 ? new Validation(train, _order.Validation, device, options.Loss.ForValidation)
            : null;
        _best = _validation is null ? null : new BestWeights(network, options.EarlyStoppingPatience);
    }

    /// <summary>Runs all epochs.</summary>
    /// <param name="onEpoch">Called after each epoch; may request a stop.</param>
    /// <param name="log">Receives one line for what deserves attention.</param>
    /// <param name="checkAlive">Called before each step and after the last epoch; throws <see cref="OperationCanceledException"/> to cancel.</param>
    /// <param name="onPlanned">Called before the first step, with the rows where steps read them.</param>
    public TrainingResult Run(Action<TrainingMetrics>? onEpoch, Action<string> log, Action checkAlive, Action<TrainingPlan>? onPlanned = null)
    {
        LossScaleRule rule = MeasuredLossScale.Resolve(_network, _options, _train, _order);
        PlanSettings settings = Settings(rule);
        using var plan = new TrainingPlan(_network, settings, _device);
        var history = new TrainingHistory(plan, _options.Epochs);
        var advisor = new TrainingAdvisor(plan, rule, _options, _train, log);
        advisor.AtStart(_network, settings.Schedule);
        foreach (string advice in DataAdvice.Of(_train, _order, _options.Loss, isScaled: _network.Scaling is not null))
        {
            advisor.Warn(advice);
        }

        var gradients = new LostGradient(_network, _options, rule, _train, _order);
        string reason = _options.Epochs == 1 ? "the only epoch done" : $"all {_options.Epochs} epochs done";
        bool restore = false;
        Prepare(plan);
        using var orders = new OrderAhead(_order.TrainRows, _options.Epochs, _order.Fill);
        long staging = Stopwatch.GetTimestamp();
        plan.Stage(_train);
        long training = Stopwatch.GetTimestamp();
        onPlanned?.Invoke(plan);

        var steps = new RowParts(_order.TrainRows, _options.StepRows);
        int retries = _options.LossScaling.RunsSkippedStepsAgain(rule) ? _options.RetryPasses : 0;
        for (int epoch = 1; epoch <= _options.Epochs; epoch++)
        {
            long started = Stopwatch.GetTimestamp();
            var passes = new EpochPasses(orders.Take(), steps, retries, plan.Run.Attempts);
            history.BeginEpoch(passes);
            do
            {
                RunPass(plan, passes, history, advisor, checkAlive);
            }
            while (passes.TryBeginNext(rule, plan.Run.Attempts));

            RestoreScale(plan, passes);
            advisor.AfterPasses(epoch, passes);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            if (_validation is not null)
            {
                plan.Store();
            }

            TrainingMetrics metrics = history.EndEpoch(_order.TrainRows, elapsed, Validate(epoch));
            advisor.AfterEpoch(metrics);
            onEpoch?.Invoke(metrics);
            bool stops = metrics.StopRequested || _best is { IsExhausted: true };
            advisor.Warn(gradients.Look(plan, isLast: stops || epoch == _options.Epochs));
            if (stops)
            {
                string epochs = _options.EarlyStoppingPatience == 1 ? "1 epoch" : $"{_options.EarlyStoppingPatience} epochs";
                reason = metrics.StopRequested ? $"stop requested after epoch {epoch}" : $"{epochs} without a smaller validation loss";
                restore = true;
                break;
            }
        }

        if (_validation is null)
        {
            plan.Store();
        }

        var timings = new TrainingTimings { Staging = _device is CudaDevice ? Stopwatch.GetElapsedTime(staging, training) : TimeSpan.Zero, Training = Stopwatch.GetElapsedTime(training) };
        checkAlive();
        restore = _best?.Epoch is not null && (restore || _options.EarlyStoppingPatience > 0);
        if (restore)
        {
            _best!.Restore();
        }

        advisor.AtEnd(history.LastEpochSkippedAll);
        advisor.Warn(history.LastEpochSkippedAll ? null : CourseAdvice.Of(history.Ended, restore ? _best!.Epoch!.Value : history.Ended.Count, _options, _train.HasWeights, LossOfStep));
        TrainingResult result = history.ToResult(_options, _device, advisor.Warnings, reason, _best?.Epoch, restore);
        result.Timings = timings;
        result.ValidationRows = _validation?.Rows ?? 0;
        return result;
    }

    /// <summary>Loss of the rows of one of the first epoch's steps, from 0, under the weights that the network has now.</summary>
    private double LossOfStep(int step)
    {
        int[] rows = new int[_order.TrainRows];
        _order.Fill(1, rows);
        return new Validation(_train, [.. rows.Skip(step * _options.StepRows).Take(_options.StepRows)], _device, _options.Loss).Run(_network).Loss;
    }

    private PlanSettings Settings(LossScaleRule rule) => new(
        _options.Precision,
        rule,
        _options.OptimizerSettings,
        Math.Min(_options.BatchSize, _order.TrainRows),
        _options.ClipNorm,
        _options.ClipValue,
        MeasuresRanges: _options.RangeProbeInterval > 0)
    {
        Loss = _options.Loss,
        Schedule = RateSchedule.Create(_options.Schedule, (long)_options.Epochs * new RowParts(_order.TrainRows, _options.StepRows).Count, _options.WarmupFraction, _options.FinalLearningRateFraction),
        Seed = _options.Seed,
        SmallerBatches = [.. BatchRows.Skip(1)],
        RowBytes = _train.Bytes,
    };

    /// <summary>All numbers of rows that micro-batches will have, the largest first.</summary>
    private IEnumerable<int> BatchRows
    {
        get
        {
            int lastStep = _order.TrainRows % _options.StepRows;
            return ((int[])[Math.Min(_options.BatchSize, _order.TrainRows), Math.Min(_options.BatchSize, lastStep), lastStep % _options.BatchSize]).Where(rows => rows > 0);
        }
    }

    /// <summary>Before the first step, for all micro-batches to come.</summary>
    private void Prepare(TrainingPlan plan)
    {
        foreach (int rows in BatchRows)
        {
            plan.Prepare(rows);
        }
    }

    /// <summary>One pass over an epoch's steps, or over those of them that run again, until all its records are here.</summary>
    private void RunPass(TrainingPlan plan, EpochPasses passes, TrainingHistory history, TrainingAdvisor advisor, Action checkAlive)
    {
        plan.BeginEpoch(_train, passes.Order);
        for (int step = 0; step < passes.Count; step++)
        {
            checkAlive();
            Step(plan, passes.RowsOf(step), ends: step == passes.Count - 1);
            LookAt(passes, advisor);
            history.DrainIfFull();
        }

        plan.Synchronize();
        LookAt(passes, advisor);
        history.Drain();
    }

    private static void LookAt(EpochPasses passes, TrainingAdvisor advisor)
    {
        if (passes.Retry == 0)
        {
            advisor.AfterStep();
        }
    }

    /// <summary>Takes back halvings of the loss scale that helped no step: those of rows whose gradient no scale can hold, and under which others' gradients would become 0.</summary>
    private static void RestoreScale(TrainingPlan plan, EpochPasses passes)
    {
        bool hasLost = passes.Retry > 0 && passes.Lost.Any();
        if (hasLost && float.IsFinite(passes.SmallestCommittedScale) && passes.SmallestCommittedScale > plan.Scale.Scale)
        {
            plan.Records.SetScale(passes.SmallestCommittedScale);
        }
    }

    /// <summary>One step.</summary>
    /// <param name="plan">Computes.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="ends">Whether a pass of an epoch ends with it: measured too, so that the ranges are those of the weights that a model may keep.</param>
    private void Step(TrainingPlan plan, int rows, bool ends)
    {
        bool measure = _options.RangeProbeInterval > 0 && (ends || _attempts % _options.RangeProbeInterval == 0);
        var batches = new RowParts(rows, _options.BatchSize);
        for (int batch = 0; batch < batches.Count; batch++)
        {
            plan.Accumulate(batches.RowsOf(batch), rows, first: batch == 0, measure);
        }

        _attempts++;

        plan.Commit(_options.LearningRate);
    }

    private (double Loss, double? Accuracy)? Validate(int epoch)
    {
        if (_validation is null)
        {
            return null;
        }

        (double loss, double? accuracy) = _validation.Run(_network);
        _best?.Note(epoch, loss);
        return (loss, accuracy);
    }
}
