using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Trainers.Checkpoints;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>One call of <c>Fit</c>: from ML.NET's rows to a model, with ML.NET's log, progress and cancellation around the engine's
/// loop.</summary>
/// <param name="mlHost">The trainer's host.</param>
/// <param name="channel">The log.</param>
/// <param name="options">Checked options.</param>
/// <param name="family">What learns.</param>
/// <param name="task">What is learned.</param>
/// <param name="roles">Columns.</param>
/// <param name="seed">Seed.</param>
internal sealed partial class NetworkTraining(
    IHost mlHost,
    IChannel channel,
    NetworkTrainerOptions options,
    NetworkFamily family,
    NetworkTask task,
    ColumnRoles roles,
    int seed)
{
    private readonly StoreLimit _limit = new(
        options.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2,
        TemporaryFolder(mlHost));
    private readonly List<RunWarning> _advice = [];
    private readonly RunEvents _events = new();
    private float[]? _classWeights;

    /// <summary>What is written to the log of device, plan, epochs and warnings.</summary>
    public required TrainingLog Log { get; init; }

    /// <summary>What made the features out of the columns of the data; null where the data had them.</summary>
    public ITransformer? Mapper { get; init; }

    /// <summary>What a run on all rows takes over from the one before; null for a run of its own.</summary>
    public RefitOf? Refit { get; init; }

    /// <summary>The course, once the rows are read.</summary>
    public SettledCourse? Course { get; private set; }

    /// <summary>Trains.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows; null for none or a share of the training rows.</param>
    /// <param name="previous">Network whose weights training starts from; null for random ones.</param>
    public (Network Network, TrainingResult Result) Run(IDataView trainData, IDataView? validationData, Network? previous)
    {
        using IProgressChannel progress = mlHost.StartProgressChannel("Training");
        var end = new EndSeen();
        IRunObserver[] observers =
        [
            end,
            Log,
            new TrainingProgress(progress, Refit?.Epochs ?? options.Epochs),
            .. options.MetricsCallback is { } callback ? [new CalledBack(callback)] : Array.Empty<IRunObserver>(),
            .. options.Observers,
        ];
        _events.Add(observers);
        try
        {
            return Run(trainData, validationData, previous, observers, end);
        }
        catch (Exception error) when (!end.IsSeen)
        {
            // Before there was a run to tell of it. What the exception carries is of another fit, which threw the same one.
            UnfinishedRun.Detach(error);
            _events.Fail();
            _events.Ended(new RunEnded
            {
                Ending = error is OperationCanceledException ? RunEnding.Canceled : RunEnding.Failed,
                Reason = error.Message,
                Result = null,
                Error = error,
            });
            throw;
        }
    }

    private (Network Network, TrainingResult Result) Run(
        IDataView trainData, IDataView? validationData, Network? previous, IRunObserver[] observers, EndSeen end)
    {
        DateTimeOffset begun = DateTimeOffset.UtcNow;
        CheckAlive();
        CheckEarlyStopping(validates: validationData is not null || options.ValidationFraction is not 0);
        DeviceSelection selection = DeviceSelection.Choose(options.Device, mlHost);
        using var host = new CpuDevice(options.NumberOfThreads ?? 0);
        using Device? card = selection.Card is null ? null : selection.Open(threads: 0);
        Device device = card ?? host;
        Log.Device(device, selection);

        foreach (string idle in IdleOptions.Of(options).Concat(task.Idle()))
        {
            Advise(RunWarningKind.IdleOption, idle);
        }

        PrecisionPolicy policy = options.Precision.Resolve(selection.Precision);
        var columns = new LabelledColumns(trainData.Schema, roles);
        LabelledColumns? validationColumns = ValidationColumns(validationData, columns);
        Network network = CreateNetwork(columns, previous, InputOf(trainData, columns, previous), seed);
        _classWeights = columns.HasSeveralClasses ? task.ClassWeights(columns) : null;
        long started = Stopwatch.GetTimestamp();
        bool takesGaps = network.Preparation?.Gaps is not null;
        NumericFormat format = network.FeatureFormat(policy);
        NumericFormat readingFormat = network.Preparation is null ? format : NumericFormat.Float32;
        bool isSparse = network.Bag is not null;
        if (previous is null && family.StartRemark is { } remark)
        {
            channel.Info(remark);
        }

        family.BeginReading(Mapper);
        using RowStore train = Read(
            trainData, columns, "training set", host, (readingFormat, takesGaps, isSparse, network.Tokens), out ExampleReader reader);
        columns.CheckClasses();
        reader.CheckClassWeights();
        Advise(RunWarningKind.Data, family.Advice(Mapper));
        float? heldBack = validationData is null && Refit is null && options.Bags == 1 ? options.ValidationFraction : 0;
        var split = new TrainingSplit(train, columns, reader.RowsOfClass, heldBack, seed);
        split.Check(task.NeedsTwoClasses);
        family.CheckRows(split.TrainRows);
        var preparation = new FeaturePreparation(
            columns,
            message => channel.Info(message),
            message => Advise(RunWarningKind.Data, message));
        if (previous is null && preparation.Measure(network, train, split.Order, reader.IsSparse) is { } indicated)
        {
            network = CreateNetwork(columns, null, (NumbersInput)network.Spec.Inputs[0] with { Indicated = indicated }, seed);
        }

        TrainingSplit[] bags = Bags(split, train, columns, reader.RowsOfClass);
        Network[] networks = [network, .. bags.Index().Skip(1).Select(
            bag => CreateNetwork(columns, null, network.Spec.Inputs[0], SeedOf(bag.Index)))];
        foreach ((int bag, TrainingSplit rows) in bags.Index().Where(_ => previous is null))
        {
            UsedLevels.Keep(networks[bag], train, rows.Order.Train);
        }

        AdviseIdle(network, previous);
        bool validates = validationData is not null || bags[0].HeldBack.Length > 0;
        CheckEarlyStopping(validates);
        SettledCourse course = Course = Settle(bags[0], validates, asksNobody: heldBack is null);
        int lastInputs = network.OutputLayer.Weight.Columns;
        Advise(
            RunWarningKind.Data,
            UnusedClasses.Advice(columns, reader.RowsOfClass, lastInputs, Math.Min(course.BatchSize, split.TrainRows)));

        using RowStore? validation = ReadValidation(validationData, validationColumns, host, split, (takesGaps, isSparse, network.Tokens));
        Advise(RunWarningKind.Data, RowsThatCount.Training(train, split.Order.Train));
        Advise(
            RunWarningKind.Data,
            validation is null ? RowsThatCount.HeldBack(train, split.HeldBack) : RowsThatCount.ValidationSet(validation));
        preparation.Run(network, format, (train, split.Order), validation);
        foreach ((int bag, TrainingSplit rows) in bags.Index())
        {
            if (bag > 0)
            {
                networks[bag].TakePreparation(network);
            }

            FitStart(networks[bag], train, rows.Order, previous, SeedOf(bag));
        }

        TargetScaling? scaling = Standardize(columns, train, validation, split, network, previous);
        TimeSpan reading = Stopwatch.GetElapsedTime(started);

        TrainingOptions training = ToTrainingOptions(policy, course, network);
        using FitCheckpoints? checkpoints = Checkpoints(
            new FitInputs(
                options,
                family,
                Mapper,
                training,
                network,
                previous is not null || family.HasGivenStart,
                columns,
                train,
                split.Order,
                validation,
                scaling,
                device),
            trainData.Schema);
        return RunBags(networks, (bag, before) =>
        {
            TrainingOptions ofBag = training with { Seed = SeedOf(bag) };
            var loop = new TrainingLoop(networks[bag], ofBag, device, train, bags[bag].Order, validation)
            {
                Checkpoints = checkpoints,
                StopToken = options.StopToken,
                KeepsUnfinished = options.KeepUnfinishedModel,
                Place = bags.Length > 1 ? (bag + 1, bags.Length) : Refit is not null ? (2, 2) : WillRefit(split) ? (1, 2) : (1, 1),
                Complete = result =>
                {
                    result.WarningDetails = [.. _advice, .. result.WarningDetails];
                    result.Timings = result.Timings with { Reading = bag == 0 ? reading : TimeSpan.Zero };
                    result.IsSavedWithModel = options.SaveHistory;
                    result.EarlierRuns = Refit is null ? [.. before] : [Refit.Before];
                    result.Environment = OptionsText.Environment(options, begun, course);
                    result.RowsWithoutLabel = reader.RowsWithoutLabel;
                    Fold(scaling, networks[bag], columns);
                    WarnOfHugeLabels(scaling, columns, result);
                },
            };
            end.IsSeen = false;
            return loop.Run(CheckAlive, observers);
        });
    }

    private static string TemporaryFolder(IHost host)
        => (host as IHostEnvironmentInternal)?.TempFilePath is { Length: > 0 } folder ? folder : Path.GetTempPath();

    /// <summary>Warns of options of the family that change nothing.</summary>
    private void AdviseIdle(Network network, Network? previous)
    {
        foreach (string idle in family.Idle(network, previous, Mapper))
        {
            Advise(RunWarningKind.IdleOption, idle);
        }
    }

    /// <summary>A network with its starting weights.</summary>
    /// <param name="columns">Columns of the rows.</param>
    /// <param name="previous">The network whose weights these are; null for random ones.</param>
    /// <param name="input">How features are prepared; null for what the options say.</param>
    /// <param name="start">Seed of random weights.</param>
    private Network CreateNetwork(LabelledColumns columns, Network? previous, InputSpec? input, int start)
    {
        if (input is NumbersInput numbers && numbers.Columns != columns.FeatureCount)
        {
            // Not the network that it was: said below.
            input = numbers with { Columns = columns.FeatureCount, Indicated = null, Categories = null };
        }

        Network network;
        try
        {
            network = new Network(family.CreateSpec(columns.FeatureCount, columns.Outputs, input, columns.Categories));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidOperationException($"{family.Text} do not suit {columns.FeatureCount} features and {columns.Outputs} "
                + $"outputs. {e.Message}", e);
        }

        if (previous is null)
        {
            network.Initialize(start, family.Rules, isOutputAlone: family.HasGivenStart);
            family.Start(network);
        }
        else
        {
            network.CopyFrom(previous);
        }

        family.Rules.Apply(network);
        family.SetRates(network);
        return network;
    }

    /// <summary>The checkpoints of this fit; null where none are wanted.</summary>
    private FitCheckpoints? Checkpoints(FitInputs fit, DataViewSchema schema)
        => options.Checkpoint is null
            ? null
            : new FitCheckpoints(
                mlHost,
                fit,
                schema,
                new FitLog(
                    message => channel.Info(message),
                    message => channel.Warning(message),
                    message => Advise(RunWarningKind.Checkpoint, message)));

    /// <summary>A warning, of before the first step or of checkpoints, that the result keeps too.</summary>
    private void Advise(RunWarningKind kind, string? message)
    {
        if (message is not null)
        {
            var warning = new RunWarning { Kind = kind, Message = message };
            _advice.Add(warning);
            _events.Warning(warning);
        }
    }
}
