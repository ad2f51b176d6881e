using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>Trains a network: epochs of steps over a store of rows. Afterwards the network's parameters hold the result.</summary>
internal sealed class TrainingLoop
{
    private readonly Network _network;
    private readonly TrainingOptions _options;
    private readonly CpuDevice _device;
    private readonly ExampleStore _train;
    private readonly RowOrder _order;
    private readonly Validation? _validation;
    private readonly BestWeights? _best;
    private readonly int[] _rows;

    /// <summary>Prepares a run.</summary>
    /// <param name="network">Network with its starting weights.</param>
    /// <param name="options">How to train.</param>
    /// <param name="device">Where.</param>
    /// <param name="train">Rows to train on.</param>
    /// <param name="validation">Rows to validate on; null to use <see cref="TrainingOptions.ValidationFraction"/>.</param>
    public TrainingLoop(Network network, TrainingOptions options, CpuDevice device, ExampleStore train, ExampleStore? validation)
    {
        _network = network;
        _options = options;
        _device = device;
        _train = train;
        _order = new RowOrder(train.Rows, validation is null ? options.ValidationFraction : 0, options.Seed);
        _rows = new int[_order.TrainRows];
        _validation = validation is not null ? new Validation(validation, [.. Enumerable.Range(0, validation.Rows)], device)
            : _order.Validation.Length > 0 ? new Validation(train, _order.Validation, device)
            : null;
        _best = _validation is null ? null : new BestWeights(network, options.EarlyStoppingPatience);
    }

    /// <summary>Runs all epochs.</summary>
    /// <param name="onEpoch">Called after each epoch; may request a stop.</param>
    /// <param name="log">Receives one line for what deserves attention.</param>
    /// <param name="checkAlive">Called before each step and after the last epoch; throws <see cref="OperationCanceledException"/> to cancel.</param>
    public TrainingResult Run(Action<TrainingMetrics>? onEpoch, Action<string> log, Action checkAlive)
    {
        LossScaleRule rule = MeasuredLossScale.Resolve(_network, _options, _device, _train, _order);
        using var plan = new TrainingPlan(_network, Settings(rule), _device);
        var history = new TrainingHistory(plan, _options.Epochs);
        var advisor = new TrainingAdvisor(plan, rule, log);
        advisor.AtStart(_options);
        string reason = $"all {_options.Epochs} epochs done";
        bool restore = false;
        long training = Stopwatch.GetTimestamp();

        for (int epoch = 1; epoch <= _options.Epochs; epoch++)
        {
            long started = Stopwatch.GetTimestamp();
            _order.Fill(epoch, _rows);
            for (int at = 0; at < _rows.Length; at += _options.StepRows)
            {
                checkAlive();
                Step(plan, _rows.AsSpan(at, Math.Min(_options.StepRows, _rows.Length - at)));
                advisor.AfterStep();
                history.DrainIfFull();
            }

            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            plan.Parameters.Store();
            TrainingMetrics metrics = history.EndEpoch(epoch, _rows.Length, elapsed, Validate(epoch));
            onEpoch?.Invoke(metrics);
            if (metrics.StopRequested || _best is { IsExhausted: true })
            {
                reason = metrics.StopRequested ? $"stop requested after epoch {epoch}" : $"{_options.EarlyStoppingPatience} epochs without a smaller validation loss";
                restore = true;
                break;
            }
        }

        var timings = new TrainingTimings { Training = Stopwatch.GetElapsedTime(training) };
        checkAlive();
        restore = _best is not null && (restore || _options.EarlyStoppingPatience > 0);
        if (restore)
        {
            _best?.Restore();
        }

        advisor.AtEnd(history.LastEpochSkippedAll);
        TrainingResult result = history.ToResult(_options, _device, _train, advisor.Warnings, reason, _best?.Epoch, restore);
        result.Timings = timings;
        return result;
    }

    private PlanSettings Settings(LossScaleRule rule) => new(
        _options.Precision,
        rule,
        _options.OptimizerSettings,
        Math.Min(_options.BatchSize, _rows.Length),
        _options.ClipNorm,
        _options.ClipValue,
        MeasuresRanges: _options.RangeProbeInterval > 0);

    private void Step(TrainingPlan plan, ReadOnlySpan<int> rows)
    {
        bool measure = _options.RangeProbeInterval > 0 && plan.Run.Attempts % _options.RangeProbeInterval == 0;
        for (int at = 0; at < rows.Length; at += _options.BatchSize)
        {
            plan.Accumulate(_train, rows.Slice(at, Math.Min(_options.BatchSize, rows.Length - at)), rows.Length, first: at == 0, measure);
        }

        plan.Commit(_options.LearningRate);
    }

    private (double Loss, double Accuracy)? Validate(int epoch)
    {
        if (_validation is null)
        {
            return null;
        }

        (double loss, double accuracy) = _validation.Run(_network);
        _best?.Note(epoch, loss);
        return (loss, accuracy);
    }
}
