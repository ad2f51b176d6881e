using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>Trains a network: epochs of steps over a store of rows. Afterwards the network's parameters hold the result.</summary>
internal sealed partial class TrainingLoop
{
    private readonly Network _network;
    private readonly TrainingOptions _options;
    private readonly Device _device;
    private readonly RowStore _train;
    private readonly RowOrder _order;
    private readonly Validation? _validation;
    private readonly BestWeights? _best;

    /// <summary>Prepares a run.</summary>
    /// <param name="network">Network with its starting weights.</param>
    /// <param name="options">How to train.</param>
    /// <param name="device">Where.</param>
    /// <param name="train">Rows to train on, and those that the order holds back.</param>
    /// <param name="validation">Rows to validate on; null for those that the order holds back.</param>
    /// <param name="order">Which rows train; null for all of them.</param>
    public TrainingLoop(
        Network network,
        TrainingOptions options,
        Device device,
        RowStore train,
        RowStore? validation,
        RowOrder? order = null)
    {
        _network = network;
        _options = options;
        _device = device;
        _train = train;
        _order = order ?? new RowOrder(train.Rows, [], options.Seed);
        _validation = validation is not null
            ? new Validation(validation, [.. Enumerable.Range(0, validation.Rows)], device, options.Loss.ForValidation)
            : _order.Validation.Length > 0 ? new Validation(train, _order.Validation, device, options.Loss.ForValidation)
            : null;
        _best = _validation is null ? null : new BestWeights(network, options.EarlyStoppingPatience);
    }

    /// <summary>Where checkpoints go and come from; null for nowhere.</summary>
    public ICheckpoints? Checkpoints { get; init; }

    /// <summary>Runs all epochs, or those that a checkpoint has left.</summary>
    /// <param name="onEpoch">Called after each epoch; may request a stop.</param>
    /// <param name="log">Receives one line for what deserves attention.</param>
    /// <param name="checkAlive">Called before each step and after the last epoch; throws <see cref="OperationCanceledException"/> to
    /// cancel, which leaves a checkpoint where such are kept.</param>
    /// <param name="onPlanned">Called before the first step, with the rows where steps read them.</param>
    public TrainingResult Run(
        Action<TrainingMetrics>? onEpoch,
        Action<string> log,
        Action checkAlive,
        Action<TrainingPlan>? onPlanned = null)
    {
        RunCheckpoint? from = Checkpoints?.Resume();
        LossScaleRule rule = from?.State.Phases[0].Rule ?? MeasuredLossScale.Resolve(_network, _options, _train, _order);
        PlanSettings settings = Settings(rule);
        using var plan = new TrainingPlan(_network, settings, _device, from?.State);
        var advisor = new TrainingAdvisor(plan, rule, _options, _train, log);
        var run = new TrainingRun(
            plan, new TrainingHistory(plan, _options.Epochs), advisor, new LostGradient(_network, _options, rule, _train, _order), _best);
        Begin(run, from, settings.Schedule);
        Prepare(plan);
        using var orders = new OrderAhead(_order.TrainRows, _options.Epochs, _order.Fill, run.History.Ended.Count);
        long staging = Stopwatch.GetTimestamp();
        plan.Stage(_train);
        TimeSpan staged = _device is CudaDevice ? Stopwatch.GetElapsedTime(staging) : TimeSpan.Zero;
        run.Start();
        onPlanned?.Invoke(plan);
        for (int epoch = run.History.Ended.Count + 1; run.End is null && epoch <= _options.Epochs; epoch++)
        {
            RunPasses(run, orders.Take(), rule, checkAlive);
            TrainingMetrics metrics = EndEpoch(run, epoch);
            onEpoch?.Invoke(metrics);
            run.End = EndAfter(metrics);
            advisor.Warn(run.Gradients.Look(plan, isLast: run.End is not null));
            if (run.End is null && Checkpoints?.IsDue(run.Attempts, epochEnds: true) == true)
            {
                Checkpoints.Save(run.Capture());
            }
        }

        End(run, from);
        if (_validation is null)
        {
            plan.Store();
        }

        var timings = new TrainingTimings { Staging = staged, Training = run.Elapsed };
        checkAlive();
        TrainingResult result = ToResult(run);
        result.Timings = timings;
        result.ValidationRows = _validation?.Rows ?? 0;
        return result;
    }

    /// <summary>What is said before the first step, or what had been seen and said before a checkpoint.</summary>
    private void Begin(TrainingRun run, RunCheckpoint? from, RateSchedule schedule)
    {
        if (from is not null)
        {
            run.Resume(from);
            return;
        }

        run.Advisor.AtStart(_network, schedule);
        foreach (string advice in DataAdvice.Of(_train, _order, _options.Loss, isScaled: _network.Scaling is not null))
        {
            run.Advisor.Warn(advice);
        }
    }

    /// <summary>Looks at what an epoch's passes have left, and validates.</summary>
    private TrainingMetrics EndEpoch(TrainingRun run, int epoch)
    {
        run.Advisor.AfterPasses(epoch, run.Passes!);
        TimeSpan elapsed = run.ElapsedOfEpoch;
        if (_validation is not null)
        {
            run.Plan.Store();
        }

        TrainingMetrics metrics = run.History.EndEpoch(_order.TrainRows, elapsed, Validate(epoch));
        run.Advisor.AfterEpoch(metrics);
        run.EndEpoch();
        return metrics;
    }

    /// <summary>Whether the run ends with an epoch.</summary>
    private RunEnd? EndAfter(TrainingMetrics epoch)
        => epoch.StopRequested ? new RunEnd($"stop requested after epoch {epoch.Epoch}", IsEarly: true)
            : _best is { IsExhausted: true }
            ? new RunEnd($"{Epochs(_options.EarlyStoppingPatience)} without a smaller validation loss", IsEarly: true)
            : epoch.Epoch == _options.Epochs ? AllDone
            : null;

    private RunEnd AllDone => new(_options.Epochs == 1 ? "the only epoch done" : $"all {_options.Epochs} epochs done", IsEarly: false);

    private static string Epochs(int count) => count == 1 ? "1 epoch" : $"{count} epochs";

    /// <summary>Ends the run. The last checkpoint is kept before anything that a resumed run does again.</summary>
    private void End(TrainingRun run, RunCheckpoint? from)
    {
        run.End ??= AllDone;
        if (Checkpoints is not null && from is not { IsFinished: true })
        {
            Checkpoints.Save(run.Capture());
        }
    }

    /// <summary>Takes the weights that are wanted, says the last words.</summary>
    private TrainingResult ToResult(TrainingRun run)
    {
        bool restore = _best?.Epoch is not null && (run.End!.IsEarly || _options.EarlyStoppingPatience > 0);
        if (restore)
        {
            _best!.Restore();
        }

        TrainingHistory history = run.History;
        run.Advisor.AtEnd(history.LastEpochSkippedAll);
        int kept = restore ? _best!.Epoch!.Value : history.Ended.Count;
        run.Advisor.Warn(
            history.LastEpochSkippedAll ? null : CourseAdvice.Of(history.Ended, kept, _options, _train.HasWeights, LossOfStep));
        return history.ToResult(_options, _device, run.Advisor.Warnings, run.End!.Reason, _best?.Epoch, restore);
    }

    /// <summary>Loss of the rows of one of the first epoch's steps, from 0, under the weights that the network has now.</summary>
    private double LossOfStep(int step)
    {
        int[] rows = new int[_order.TrainRows];
        _order.Fill(1, rows);
        return new Validation(_train, [.. rows.Skip(step * _options.StepRows).Take(_options.StepRows)], _device, _options.Loss)
            .Run(_network)
            .Loss;
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
