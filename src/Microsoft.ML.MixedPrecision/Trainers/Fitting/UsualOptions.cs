namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// What options are that nobody has set, in one place. Options that have their default here keep null as long as they are not set, so
/// that a value that was set can be told from the same one by default. Those that depend on the rows are settled in <c>Fit</c>
/// (<see cref="SettledCourse"/>).
/// </summary>
internal sealed record UsualOptions
{
    /// <summary>
    /// The defaults of all trainers: of the settings that were tried on 11 real tables, those that won most often against the trees of
    /// LightGBM and FastTree, on those tables and then on 11 others; docs/results.md has the figures.
    /// </summary>
    public static UsualOptions Plain { get; } = new();

    /// <summary>Epochs at most where validation rows tell when to stop.</summary>
    public int StoppedEpochs { get; init; } = 256;

    /// <summary>Epochs where nothing tells when to stop.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Epochs without a better one after which training stops where rows validate.</summary>
    public int Patience { get; init; } = 16;

    /// <summary>
    /// Rows of a batch, by the rows that train: up to how many, in rising order, and the batch. The last holds for all more. Where trees
    /// are fast, batches of 128 took two thirds of the time of 64 to the same figures (docs/results.md, which has those of other tables);
    /// that they grow on is RealMLP's way (https://arxiv.org/abs/2407.04491).
    /// </summary>
    public IReadOnlyList<(long Rows, int Batch)> BatchSizes { get; init; }
        = [(10_000, 64), (30_000, 128), (100_000, 256), (long.MaxValue, 512)];

    /// <summary><see cref="NetworkTrainerOptions.LearningRate"/>.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary><see cref="NetworkTrainerOptions.Schedule"/>.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;

    /// <summary><see cref="NetworkTrainerOptions.WarmupFraction"/>.</summary>
    public float WarmupFraction { get; init; }

    /// <summary><see cref="NetworkTrainerOptions.WeightDecay"/>.</summary>
    public float WeightDecay { get; init; } = 1e-2f;

    /// <summary><see cref="NetworkTrainerOptions.Beta2"/>.</summary>
    public float Beta2 { get; init; } = 0.999f;

    /// <summary><see cref="TableTrainerOptions.FeatureScaling"/>.</summary>
    public FeatureScaling FeatureScaling { get; init; } = FeatureScaling.Robust;

    /// <summary><see cref="TableTrainerOptions.MissingValues"/>.</summary>
    public MissingValues MissingValues { get; init; } = MissingValues.ImputeAndIndicate;

    /// <summary><see cref="MlpTrainerOptions.HiddenLayers"/>.</summary>
    public IReadOnlyList<int> HiddenLayers { get; init; } = [256, 128];

    /// <summary><see cref="MlpTrainerOptions.Activation"/>.</summary>
    public ActivationKind Activation { get; init; } = ActivationKind.Silu;

    /// <summary><see cref="MlpTrainerOptions.Dropout"/>.</summary>
    public float Dropout { get; init; }

    /// <summary><see cref="NetworkTrainerOptions.RegularizationSchedule"/>.</summary>
    public RegularizationSchedule Regularization { get; init; }

    /// <summary><see cref="MlpTrainerOptions.NumericEmbedding"/>.</summary>
    public NumericEmbedding NumericEmbedding { get; init; }

    /// <summary><see cref="MlpTrainerOptions.ScaleLayer"/>.</summary>
    public bool ScaleLayer { get; init; }

    /// <summary><see cref="MlpTrainerOptions.ParametricActivation"/>.</summary>
    public bool ParametricActivation { get; init; }

    /// <summary><see cref="MlpTrainerOptions.Parametrization"/>.</summary>
    public Parametrization Parametrization { get; init; }

    /// <summary><see cref="MlpTrainerOptions.BiasLearningRateFactor"/>.</summary>
    public float BiasLearningRateFactor { get; init; } = 1;

    /// <summary><see cref="MlpTrainerOptions.ZeroOutputLayer"/>.</summary>
    public bool ZeroOutputLayer { get; init; }

    /// <summary><see cref="MlpTrainerOptions.DataDrivenStart"/>.</summary>
    public bool DataDrivenStart { get; init; }

    /// <summary>Rows of a batch for so many rows that train.</summary>
    public int BatchFor(long rows) => BatchSizes.First(size => rows <= size.Rows).Batch;
}
