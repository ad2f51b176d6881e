using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

namespace CheckpointApp;

/// <summary>A training that is killed: some 60 steps of a network whose checkpoints take long enough to be killed within.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Change">What it is about.</param>
internal sealed record KillCase(string Name, Action<MlpBinaryTrainer.Options> Change)
{
    private const int Features = 64, RowCount = 500;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KillCase> All { get; } =
    [
        new("float32", options => (options.Schedule, options.ClipNorm) = (LearningRateSchedule.OneCycle, 0.5f)),
        new(
            "float16-skips",
            options => (options.Precision, options.LossScaling) = (
                PrecisionPolicy.MixedFloat16,
                LossScaling.Dynamic(initialScale: 1 << 24, growthInterval: 5))),
        new(
            "early-stopping",
            options => (
                options.Epochs,
                options.ValidationFraction,
                options.EarlyStoppingPatience,
                options.LearningRate) = (12, 0.25f, 2, 5e-3f)),
        new(
            "accumulation",
            options => (options.BatchSize, options.GradientAccumulationSteps, options.Precision) = (16, 3, PrecisionPolicy.MixedBFloat16)),
        new(
            "batch-norm",
            options => (
                options.Normalization,
                options.Optimizer,
                options.Momentum,
                options.LearningRate) = (NormalizationKind.BatchNorm, OptimizerKind.Sgd, 0.9f, 1e-2f)),
        new("dropout", options => (options.Dropout, options.Normalization) = (0.3f, NormalizationKind.LayerNorm)),
    ];

    /// <summary>One by name.</summary>
    public static KillCase Find(string name) => All.FirstOrDefault(entry => entry.Name == name)
        ?? throw new ArgumentException(
            $"There is no case '{name}'; there are {string.Join(", ", All.Select(entry => entry.Name))}.",
            nameof(name));

    /// <summary>How to train.</summary>
    public MlpBinaryTrainer.Options Options()
    {
        var options = new MlpBinaryTrainer.Options
        {
            HiddenLayers = [768, 768],
            BatchSize = 64,
            Epochs = 8,
            ValidationFraction = 0,
            SaveHistory = false,
        };
        Change(options);
        return options;
    }

    /// <summary>Rows of which a few columns tell the answer, with noise.</summary>
    public static IDataView Rows(MLContext mlContext)
    {
        var random = new Random(1);
        Row[] rows = [.. Enumerable.Range(0, RowCount).Select(_ => Draw(random))];
        return mlContext.Data.LoadFromEnumerable(rows);
    }

    private static Row Draw(Random random)
    {
        float[] features = [.. Enumerable.Range(0, Features).Select(_ => (random.NextSingle() * 2) - 1)];
        return new Row { Features = features, Label = features[0] + (features[1] * features[2]) + (0.3f * random.NextSingle()) > 0.1f };
    }

    /// <summary>A row.</summary>
    private sealed class Row
    {
        [VectorType(KillCase.Features)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }
}
