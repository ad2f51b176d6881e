namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>One training and what was heard of it.</summary>
/// <param name="Model">The model; null if there was an error.</param>
/// <param name="Error">The error; null if there was none.</param>
/// <param name="Log">Lines of the log.</param>
internal sealed record OptionRun(ITransformer? Model, Exception? Error, IReadOnlyList<string> Log)
{
    public TrainingResult Training => TrainerCase.TrainingOf(Model!);

    public bool Said(string part) => Log.Any(line => line.Contains(part, StringComparison.Ordinal));

    public bool HasBitsOf(OptionRun other) => TrainerCase.WeightsOf(Model!).AsSpan().SequenceEqual(TrainerCase.WeightsOf(other.Model!));
}

/// <summary>An option: what makes it count, a change of it, and what the change does.</summary>
/// <param name="Name">The property.</param>
/// <param name="Change">Sets it to another value.</param>
/// <param name="Before">Sets what the option needs to matter; also before the run that it is compared with.</param>
/// <param name="Effect">Whether the second run shows the change; null for other bits of the weights.</param>
internal sealed record OptionRow(
    string Name,
    Action<dynamic> Change,
    Action<dynamic>? Before = null,
    Func<OptionRun, OptionRun, bool>? Effect = null)
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly string Checkpoints = Path.Combine(Path.GetTempPath(), $"mixedprecision{Guid.NewGuid():N}");

    /// <summary>Every option of every trainer; a new one needs a row here.</summary>
    public static IReadOnlyList<OptionRow> Table { get; } =
    [
        new(
            nameof(MlpTrainerOptions.LabelColumnName),
            o => o.LabelColumnName = "Other",
            null,
            (_, run) => run.Error is ArgumentOutOfRangeException e && e.Message.Contains("label column 'Other'", StringComparison.Ordinal)),
        new(
            nameof(TableTrainerOptions.FeatureColumnName),
            o => o.FeatureColumnName = "Other",
            null,
            (_, run) => run.Error is ArgumentOutOfRangeException e
                && e.Message.Contains("features column 'Other'", StringComparison.Ordinal)),
        new(
            nameof(TableTrainerOptions.FeatureColumnNames),
            o => o.FeatureColumnNames = new[] { "Other" },
            null,
            (_, run) => run.Error is ArgumentOutOfRangeException e
                && e.Message.Contains("feature column 'Other'", StringComparison.Ordinal)),
        new(
            nameof(TableTrainerOptions.CategoricalColumnNames),
            o => o.CategoricalColumnNames = new[] { "Other" },
            null,
            (_, run) => run.Error is ArgumentOutOfRangeException e
                && e.Message.Contains("categorical column 'Other'", StringComparison.Ordinal)),
        new(nameof(MlpTrainerOptions.ExampleWeightColumnName), o => o.ExampleWeightColumnName = "Weight"),
        new(nameof(MlpTrainerOptions.HiddenLayers), o => o.HiddenLayers = new[] { 16, 3 }),
        new(nameof(TableTrainerOptions.FeatureScaling), o => o.FeatureScaling = FeatureScaling.None),
        new(
            nameof(TableTrainerOptions.MissingValues),
            o => o.MissingValues = MissingValues.ImputeAndIndicate,
            null,
            (plain, run) => run.Said("where one is in rows to score, the median of its slot is taken")
                && !plain.Said("median")
                && run.HasBitsOf(plain)),
        new(nameof(MlpTrainerOptions.Activation), o => o.Activation = ActivationKind.Tanh),
        new(nameof(MlpTrainerOptions.Normalization), o => o.Normalization = NormalizationKind.LayerNorm),
        new(nameof(MlpTrainerOptions.Dropout), o => o.Dropout = 0.3f),
        new(nameof(MlpTrainerOptions.Residual), o => o.Residual = true, o => o.HiddenLayers = new[] { 16, 16 }),
        new(nameof(MlpTrainerOptions.Members), o => o.Members = 3),
        new(nameof(MlpTrainerOptions.MemberKind), o => o.MemberKind = MemberKind.Mini, o => o.Members = 3),
        new(nameof(MlpTrainerOptions.Preset), o => o.Preset = MlpPreset.RealMlpSimple),
        new(
            nameof(MlpTrainerOptions.SparseFeatures),
            o => o.SparseFeatures = SparseFeatures.EmbeddingBag,
            o => o.FeatureScaling = FeatureScaling.None,
            (plain, run) => TrainerCase.NetworkOf(run.Model!).Network.Bag is not null
                && TrainerCase.NetworkOf(plain.Model!).Network.Bag is null),
        new(nameof(MlpTrainerOptions.NumericEmbedding), o => o.NumericEmbedding = NumericEmbedding.Periodic),
        new(nameof(MlpTrainerOptions.ScaleLayer), o => o.ScaleLayer = true),
        new(nameof(MlpTrainerOptions.ScaleLearningRateFactor), o => o.ScaleLearningRateFactor = 2f, o => o.ScaleLayer = true),
        new(nameof(MlpTrainerOptions.ParametricActivation), o => o.ParametricActivation = true),
        new(nameof(MlpTrainerOptions.Parametrization), o => o.Parametrization = Parametrization.NeuralTangent),
        new(nameof(MlpTrainerOptions.BiasLearningRateFactor), o => o.BiasLearningRateFactor = 0.1f),
        new(nameof(MlpTrainerOptions.ZeroOutputLayer), o => o.ZeroOutputLayer = true),
        new(nameof(MlpTrainerOptions.DataDrivenStart), o => o.DataDrivenStart = true),
        new(nameof(MlpTrainerOptions.RegularizationSchedule), o => o.RegularizationSchedule = RegularizationSchedule.FlatCos),
        new(nameof(MlpTrainerOptions.Precision), o => o.Precision = PrecisionPolicy.MixedBFloat16),
        new(
            nameof(MlpTrainerOptions.LossScaling),
            o => o.LossScaling = LossScaling.Static(8),
            o => o.Precision = PrecisionPolicy.MixedFloat16,
            (plain, run) => run.Training.FinalLossScale == 8 && plain.Training.FinalLossScale > 8),
        new(nameof(MlpTrainerOptions.Optimizer), o => o.Optimizer = OptimizerKind.Sgd),
        new(nameof(MlpTrainerOptions.BatchSize), o => o.BatchSize = 16),
        new(nameof(MlpTrainerOptions.Epochs), o => o.Epochs = 4),
        new(nameof(MlpTrainerOptions.LearningRate), o => o.LearningRate = 1e-3f),
        new(nameof(MlpTrainerOptions.Schedule), o => o.Schedule = LearningRateSchedule.Cosine),
        new(nameof(MlpTrainerOptions.WarmupFraction), o => o.WarmupFraction = 0.4f),
        new(
            nameof(MlpTrainerOptions.FinalLearningRateFraction),
            o => o.FinalLearningRateFraction = 0.5f,
            o => o.Schedule = LearningRateSchedule.Linear),
        new(nameof(MlpTrainerOptions.WeightDecay), o => o.WeightDecay = 0.1f),
        new(nameof(MlpTrainerOptions.Momentum), o => o.Momentum = 0.9f, o => o.Optimizer = OptimizerKind.Sgd),
        new(nameof(MlpTrainerOptions.Nesterov), o => o.Nesterov = true, o => { o.Optimizer = OptimizerKind.Sgd; o.Momentum = 0.9f; }),
        new(nameof(MlpTrainerOptions.Beta1), o => o.Beta1 = 0.8f),
        new(nameof(MlpTrainerOptions.Beta2), o => o.Beta2 = 0.9f),
        new(nameof(MlpTrainerOptions.Epsilon), o => o.Epsilon = 1e-3f),
        new(nameof(MlpTrainerOptions.GradientAccumulationSteps), o => o.GradientAccumulationSteps = 2),
        new(nameof(MlpTrainerOptions.ClipNorm), o => o.ClipNorm = 0.01f),
        new(nameof(MlpTrainerOptions.ClipValue), o => o.ClipValue = 1e-3f),
        new(nameof(MlpTrainerOptions.Seed), o => o.Seed = 2),
        new(
            nameof(MlpTrainerOptions.NumberOfThreads),
            o => o.NumberOfThreads = 3,
            o => o.Device = ComputeDevice.Cpu,
            (plain, run) => run.Training.Device.Contains("3 threads", StringComparison.Ordinal) && run.HasBitsOf(plain)),
        new(
            nameof(MlpTrainerOptions.MemoryLimit),
            o => o.MemoryLimit = 0L,
            null,
            (plain, run) => run.Said("temporary file") && !plain.Said("temporary file") && run.HasBitsOf(plain)),
        new(
            nameof(MlpTrainerOptions.Device),
            o => o.Device = ComputeDevice.Cpu,
            null,
            (plain, run) => run.Said("asked for") && !plain.Said("asked for")),
        new(
            nameof(MlpTrainerOptions.ValidationSet),
            o => o.ValidationSet = Validation(o),
            null,
            (plain, run) => run.Training.History[0].ValidationLoss > 0 && plain.Training.History[0].ValidationLoss is null),
        new(
            nameof(MlpTrainerOptions.ValidationFraction),
            o => o.ValidationFraction = 0.25f,
            null,
            (plain, run) => (plain.Training.Rows, run.Training.Rows) == (100, 75)),
        new(
            nameof(MlpTrainerOptions.RefitOnAll),
            o => o.RefitOnAll = true,
            o => { o.ValidationFraction = 0.25f; o.EarlyStoppingPatience = 1; },
            (plain, run) => (plain.Training.Rows, run.Training.Rows) == (75, 100) && run.Training.EarlierRuns.Count == 1),
        new(
            nameof(MlpTrainerOptions.Bags),
            o => o.Bags = 3,
            o => o.ValidationFraction = null,
            (plain, run) => (plain.Training.Bags, run.Training.Bags, run.Training.EarlierRuns.Count) == (1, 3, 2)
                && run.Training.OutOfFold is { Rows: 100 }),
        new(
            nameof(MlpTrainerOptions.EarlyStoppingPatience),
            o => o.EarlyStoppingPatience = 1,
            o => { o.ValidationFraction = 0.3f; o.LearningRate = 0.1f; o.Epochs = 200; o.EarlyStoppingPatience = 0; },
            (plain, run) => plain.Training.History.Count == 200 && run.Training.History.Count < 200),
        new(
            nameof(MlpTrainerOptions.BestEpochMetric),
            o => o.BestEpochMetric = o is MlpRegressionTrainer.Options ? BestEpochMetric.Rmse : BestEpochMetric.Auc,
            o => o.ValidationFraction = 0.3f,
            (plain, run) => plain.Training.History[0] is { ValidationAuc: null, ValidationRmse: null }
                && run.Training.History[0] is { ValidationAuc: not null } or { ValidationRmse: not null }),
        new(
            nameof(MlpTrainerOptions.RangeProbeInterval),
            o => o.RangeProbeInterval = 0,
            null,
            (plain, run) => run.Training.Ranges.Count == 0 && plain.Training.Ranges.Count > 0 && run.HasBitsOf(plain)),
        new(
            nameof(MlpTrainerOptions.SaveHistory),
            o => o.SaveHistory = false,
            null,
            (plain, run) => Models.Load(Models.Save(run.Model!)).GetTraining() is null
                && Models.Load(Models.Save(plain.Model!)).GetTraining() is not null
                && run.HasBitsOf(plain)),
        new(
            nameof(TableTrainerOptions.InvalidFeatures),
            o => o.InvalidFeatures = InvalidFeatures.Throw,
            null,
            (plain, run) => TreatmentOf(run) == InvalidFeatures.Throw
                && TreatmentOf(plain) == InvalidFeatures.ScoreNaN
                && run.HasBitsOf(plain)),
        new(
            nameof(MlpTrainerOptions.RetryPasses),
            o => o.RetryPasses = 1,
            o =>
            {
                o.Precision = PrecisionPolicy.MixedFloat16;
                o.LossScaling = LossScaling.Dynamic(initialScale: 16777216);
                o.RetryPasses = 0;
            },
            (plain, run) => run.Training.History[0].Attempts.Any(attempt => attempt.RetryPass == 1)
                && plain.Training.History[0].Lost > run.Training.History[0].Lost),
        new(
            nameof(MlpTrainerOptions.Checkpoint),
            o => o.Checkpoint = new CheckpointOptions { Folder = Checkpoints },
            null,
            (plain, run) => RemoveCheckpoints() > 0 && run.HasBitsOf(plain)),
        new(
            nameof(MlpTrainerOptions.MetricsCallback),
            o => o.MetricsCallback = (Action<TrainingMetrics>)(metrics => metrics.RequestStop()),
            null,
            (plain, run) => run.Training.History.Count == 1),
        new(
            nameof(NetworkTrainerOptions.Observers),
            o => o.Observers = (IReadOnlyList<IRunObserver>)[new EventList { Heard = Stop }],
            null,
            (plain, run) => run.Training.History.Count == 1 && plain.Training.History.Count == 3),
        new(
            nameof(NetworkTrainerOptions.StopToken),
            o => o.StopToken = new CancellationToken(canceled: true),
            null,
            (plain, run) => run.Training.History.Count == 0 && run.Training.StopReason == "stopped before the first step"),
        new(
            nameof(NetworkTrainerOptions.KeepUnfinishedModel),
            o => o.KeepUnfinishedModel = true,
            o => o.MetricsCallback = (Action<TrainingMetrics>)(_ => throw new ArgumentException("enough")),
            (plain, run) => run.Error!.GetModel() is not null && plain.Error!.GetModel() is null && plain.Error!.GetTraining() is not null),
        new(
            nameof(MlpTrainerOptions.CancellationToken),
            o => o.CancellationToken = new CancellationToken(canceled: true),
            null,
            (_, run) => run.Error is OperationCanceledException),
        new(nameof(MlpBinaryTrainer.Options.PositiveClassWeight), o => o.PositiveClassWeight = 3f),
        new(nameof(MlpBinaryTrainer.Options.LabelSmoothing), o => o.LabelSmoothing = 0.2f),
        new(
            nameof(MlpMulticlassTrainer.Options.ClassWeights),
            o => o.ClassWeights = new Dictionary<string, float> { ["low"] = 2, ["high"] = 0.5f }),
        new(nameof(MlpRegressionTrainer.Options.Loss), o => o.Loss = RegressionLoss.Huber),
        new(nameof(MlpRegressionTrainer.Options.HuberDelta), o => o.HuberDelta = 0.2f, o => o.Loss = RegressionLoss.Huber),
        new(nameof(MlpRegressionTrainer.Options.StandardizeLabel), o => o.StandardizeLabel = false),
    ];

    private static void Stop(object told) => (told as RunSteps)?.RequestStop();

    /// <returns>How many there were.</returns>
    private static int RemoveCheckpoints()
    {
        int count = Directory.GetFiles(Checkpoints, "*.safetensors", SearchOption.AllDirectories).Length;
        Directory.Delete(Checkpoints, recursive: true);
        return count;
    }

    private static InvalidFeatures TreatmentOf(OptionRun run) => TrainerCase.NetworkOf(run.Model!).InvalidFeatures;

    private static IDataView Validation(object options) => ((TrainerCase)(options switch
    {
        MlpMulticlassTrainer.Options => TrainerCase.Multiclass,
        MlpBinaryTrainer.Options => TrainerCase.Binary,
        _ => TrainerCase.Regression,
    })).Prepared(Ml, Sample.Rows(50, seed: 2));
}
