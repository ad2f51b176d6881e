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
    /// <param name="order">Which rows train.</param>
    /// <param name="validation">Rows to validate on; null for those that the order holds back.</param>
    public TrainingLoop(
        Network network,
        TrainingOptions options,
        Device device,
        RowStore train,
        RowOrder order,
        RowStore? validation = null)
    {
        _network = network;
        _options = options;
        _device = device;
        _train = train;
        _order = order;
        int[] validates = validation is null ? order.Validation : [.. Enumerable.Range(0, validation.Rows)];
        _validation = validates.Length > 0
            ? new Validation(validation ?? train, validates, device, options.Loss.ForValidation, options.BestEpochMetric)
            : null;
        _best = _validation is null ? null : new BestWeights(network, options.EarlyStoppingPatience);
    }

    /// <summary>Where checkpoints go and come from; null for nowhere.</summary>
    public ICheckpoints? Checkpoints { get; init; }

    /// <summary>Asks to stop before the next step, and to keep what was learned.</summary>
    public CancellationToken StopToken { get; init; }

    /// <summary>Which run of its fit this is, from 1, and of how many.</summary>
    public (int Run, int Runs) Place { get; init; } = (1, 1);

    /// <summary>The clock by which steps are told of.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether a run that is cancelled or fails leaves its weights in the network.</summary>
    public bool KeepsUnfinished { get; init; }

    /// <summary>Adds to a result what the loop does not know, before anybody sees it. The network has the result's weights, unless the run
    /// has not finished and does not keep them.</summary>
    public Action<TrainingResult> Complete { get; init; } = _ => { };

    /// <summary>Runs all epochs, or those that a checkpoint has left.</summary>
    /// <param name="checkAlive">Called before each step and after the last epoch; throws <see cref="OperationCanceledException"/> to
    /// cancel, which leaves a checkpoint where such are kept.</param>
    /// <param name="observers">Told what happens.</param>
    /// <remarks>What was learned before an exception, whatever it is, goes with it: <see cref="UnfinishedRun.Of"/>.</remarks>
    public TrainingResult Run(Action checkAlive, params IReadOnlyList<IRunObserver> observers)
    {
        RunCheckpoint? from = Checkpoints?.Resume();
        LossScaleRule rule = from?.State.Phases[0].Rule ?? MeasuredLossScale.Resolve(_network, _options, _train, _order);
        PlanSettings settings = Settings(rule);
        using var plan = new TrainingPlan(_network, settings, _device, from?.State);
        TrainingRun run = Create(plan, rule, observers);
        try
        {
            Begin(run, from, settings.Schedule);
            RunEpochs(run, rule, checkAlive);
            return Finish(run, from, checkAlive);
        }
        catch (Exception error)
        {
            KeepUnfinished(run, error);
            throw;
        }
    }

    /// <summary>The run before its first step, or before what a checkpoint has.</summary>
    private TrainingRun Create(TrainingPlan plan, LossScaleRule rule, IReadOnlyList<IRunObserver> observers)
    {
        var events = new RunEvents();
        var stop = new StopRequest(StopToken);
        var history = new TrainingHistory(plan, _options.LastEpoch);
        var advisor = new TrainingAdvisor(plan, rule, _options, _train, events.Warning);
        events.Add(history, advisor);
        events.Add([.. observers]);
        return new TrainingRun(
            plan,
            history,
            advisor,
            new LostGradient(_network, _options, rule, _train, _order),
            _best,
            events,
            new StepFeed(plan, rule, events, stop, Time),
            stop);
    }

    private void RunEpochs(TrainingRun run, LossScaleRule rule, Action checkAlive)
    {
        TrainingPlan plan = run.Plan;
        Prepare(plan);
        using var orders = new OrderAhead(_order.TrainRows, _options.LastEpoch, _order.Fill, run.History.Ended.Count);
        long staging = Stopwatch.GetTimestamp();
        plan.Steps.Stage(_train);
        run.Staged = _device is CudaDevice ? Stopwatch.GetElapsedTime(staging) : TimeSpan.Zero;
        run.Start();
        run.Events.Planned(Planned(run, rule));
        for (int epoch = run.History.Ended.Count + 1; run.End is null && epoch <= _options.LastEpoch; epoch++)
        {
            if (!RunPasses(run, orders.Take(), rule, checkAlive))
            {
                StopWithin(run, epoch);
                return;
            }

            run.Advisor.AfterPasses(epoch, run.Passes!);
            TrainingMetrics metrics = EndEpoch(run, epoch);
            run.End = EndAfter(metrics);
            run.Advisor.Warn(RunWarningKind.LostGradient, run.Gradients.Look(plan, isLast: run.End is not null));
            if (run.End is null && Checkpoints?.IsDue(run.Attempts, epochEnds: true) == true)
            {
                Checkpoints.Save(run.Capture());
            }
        }
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
        (int, int) categories = _network.Categories is { Places: { } places } ? (places.First, places.Count) : default;
        foreach (string advice in DataAdvice.Of(_train, _order, _options.Loss, _network.Scaling is not null, categories))
        {
            run.Advisor.Warn(RunWarningKind.Data, advice);
        }
    }

    /// <summary>Validates, and tells of the epoch.</summary>
    /// <param name="run">The run, its passes over the epoch done or stopped.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="reached">Rows that were reached of one within which the run stops; null for a whole one.</param>
    private TrainingMetrics EndEpoch(TrainingRun run, int epoch, int? reached = null)
    {
        TimeSpan elapsed = run.ElapsedOfEpoch;
        if (_validation is not null)
        {
            run.Plan.Store();
        }

        TrainingMetrics metrics = run.History.EndEpoch(_order.TrainRows, elapsed, Validate(epoch), reached);
        run.EndEpoch();
        run.Events.Epoch(metrics);
        return metrics;
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

    private ValidationFigures? Validate(int epoch)
    {
        if (_validation is null)
        {
            return null;
        }

        ValidationFigures figures = _validation.Run(_network);
        _best?.Note(epoch, figures.Criterion(_options.BestEpochMetric));
        return figures;
    }
}
