using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>One call of <c>Fit</c>: from ML.NET's rows to a model, with ML.NET's log, progress and cancellation around the engine's loop.</summary>
/// <param name="mlHost">The trainer's host.</param>
/// <param name="channel">The log.</param>
/// <param name="options">Checked options.</param>
/// <param name="roles">Columns.</param>
/// <param name="seed">Seed.</param>
internal sealed class MlpTraining(IHost mlHost, IChannel channel, MlpMulticlassTrainer.Options options, ColumnRoles roles, int seed)
{
    /// <summary>Trains.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows; null for none or a share of the training rows.</param>
    public MlpModelParameters Run(IDataView trainData, IDataView? validationData)
    {
        CheckAlive();
        CheckEarlyStopping(hasValidationData: validationData is not null);
        DeviceSelection selection = DeviceSelection.Choose(options.Device, mlHost);
        using var host = new CpuDevice(options.NumberOfThreads ?? 0);
        using Device? card = selection.Card is null ? null : selection.Open(threads: 0);
        Device device = card ?? host;
        channel.Info($"Device: {device.Description}, {selection.Reason}{(selection.Reason.EndsWith('.') ? "" : ".")}");

        PrecisionPolicy policy = options.Precision.Resolve(selection.Precision);
        var columns = new LabelledColumns(trainData.Schema, roles);
        Network network = CreateNetwork(columns);
        long started = Stopwatch.GetTimestamp();
        using ExampleStore train = Read(trainData, columns, "training set", host, network.FeatureFormat(policy), out ExampleReader reader);
        reader.CheckClasses();
        CheckSplit(train.Rows);
        using ExampleStore? validation = ReadValidation(validationData, columns, host);
        TimeSpan reading = Stopwatch.GetElapsedTime(started);

        var loop = new TrainingLoop(network, ToTrainingOptions(policy), device, train, validation);
        TrainingResult result = RunLoop(loop);
        result.Timings = result.Timings with { Reading = reading };
        result.RowsWithoutLabel = reader.RowsWithoutLabel;
        return new MlpModelParameters(mlHost, network, result);
    }

    private Network CreateNetwork(LabelledColumns columns)
    {
        var definition = new NetworkDefinition(columns.FeatureCount, options.HiddenLayers, options.Activation, columns.Classes, options.Normalization);
        try
        {
            definition.Validate();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidOperationException($"HiddenLayers [{string.Join(", ", options.HiddenLayers)}] do not suit {columns.FeatureCount} features and {columns.Classes} classes. {e.Message}", e);
        }

        var network = new Network(definition);
        network.Initialize(seed);
        return network;
    }

    private ExampleStore? ReadValidation(IDataView? data, LabelledColumns trainColumns, CpuDevice device)
    {
        if (data is null)
        {
            return null;
        }

        var columns = new LabelledColumns(data.Schema, roles);
        trainColumns.CheckValidation(columns);
        // Validation is scoring, which computes in Float32 whatever training computes in.
        return Read(data, columns, "validation set", device, NumericFormat.Float32, out _);
    }

    private ExampleStore Read(IDataView data, LabelledColumns columns, string dataSet, CpuDevice device, NumericFormat format, out ExampleReader reader)
    {
        reader = new ExampleReader(columns, dataSet, format);
        var store = new ExampleStore(device, format, columns.FeatureCount, columns.Weight is not null);
        try
        {
            reader.Read(data, store, CheckAlive);
        }
        catch
        {
            store.Dispose();
            throw;
        }

        if (reader.RowsWithoutLabel > 0)
        {
            channel.Warning($"{reader.RowsWithoutLabel} of {reader.RowsWithoutLabel + store.Rows} rows of the {dataSet} were left out: their label in column '{columns.Label.Name}' is missing.");
        }

        return store;
    }

    private TrainingResult RunLoop(TrainingLoop loop)
    {
        TrainingMetrics? last = null;
        using IProgressChannel progress = mlHost.StartProgressChannel("Training");
        progress.SetHeader(new ProgressHeader(["Loss", "Validation loss"], ["epochs"]), entry => Report(last, entry));
        return loop.Run(
            metrics =>
            {
                last = metrics;
                progress.Checkpoint(metrics.Loss, metrics.ValidationLoss, metrics.Epoch);
                options.MetricsCallback?.Invoke(metrics);
            },
            message => channel.Warning(message),
            CheckAlive,
            plan => channel.Info($"Memory of the training plan, batches of {plan.BatchRows} rows:{Environment.NewLine}{plan.Memory}"));
    }

    private void Report(TrainingMetrics? metrics, IProgressEntry entry)
    {
        entry.SetProgress(0, metrics?.Epoch ?? 0, options.Epochs);
        if (metrics is not null)
        {
            entry.SetMetric(0, metrics.Loss);
        }

        if (metrics?.ValidationLoss is { } loss)
        {
            entry.SetMetric(1, loss);
        }
    }

    private void CheckAlive()
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        mlHost.CheckAlive();
    }

    private void CheckEarlyStopping(bool hasValidationData)
    {
        if (options.EarlyStoppingPatience > 0 && !hasValidationData && options.ValidationFraction == 0)
        {
            throw new InvalidOperationException($"EarlyStoppingPatience is {options.EarlyStoppingPatience}, but there are no validation rows to tell when to stop. Set ValidationSet or ValidationFraction, call Fit(train, validation), or set EarlyStoppingPatience to 0.");
        }
    }

    private void CheckSplit(int rows)
    {
        if (options.ValidationFraction > 0 && rows < 2)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"ValidationFraction is {options.ValidationFraction}, but there is {rows} labelled row; at least 2 are needed. Give more rows, or set ValidationFraction to 0."));
        }
    }

    private TrainingOptions ToTrainingOptions(PrecisionPolicy policy) => new()
    {
        Precision = policy,
        LossScaling = options.LossScaling,
        Optimizer = options.Optimizer,
        BatchSize = options.BatchSize,
        Epochs = options.Epochs,
        LearningRate = options.LearningRate,
        WeightDecay = options.WeightDecay,
        Beta1 = options.Beta1,
        Beta2 = options.Beta2,
        Epsilon = options.Epsilon,
        Momentum = options.Momentum,
        Nesterov = options.Nesterov,
        GradientAccumulationSteps = options.GradientAccumulationSteps,
        ClipNorm = options.ClipNorm,
        ClipValue = options.ClipValue,
        Seed = seed,
        ValidationFraction = options.ValidationFraction,
        EarlyStoppingPatience = options.EarlyStoppingPatience,
        RangeProbeInterval = options.RangeProbeInterval,
    };
}
