using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>A row of three classes that lie apart in four features, each of another size.</summary>
public sealed class Blob
{
    public const int FeatureCount = 4;
    public static readonly string[] Kinds = ["red", "green", "blue"];

    public string Kind { get; set; } = "";

    [VectorType(FeatureCount)]
    public float[] Features { get; set; } = [];

    public float Weight { get; set; } = 1;

    public int Number { get; set; }

    /// <summary>Rows, the same for the same seed; the first holds the first class.</summary>
    public static Blob[] Rows(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => Row(random, i))];
    }

    /// <summary>Options that learn these rows in a moment, all of them.</summary>
    internal static MlpMulticlassTrainer.Options Options(Action<MlpMulticlassTrainer.Options>? change = null)
    {
        var options = new MlpMulticlassTrainer.Options
        {
            HiddenLayers = [16],
            BatchSize = 32,
            Epochs = 6,
            LearningRate = 2e-2f,
            Seed = 1,
            ValidationFraction = 0,
            FeatureScaling = FeatureScaling.Standard,
            MissingValues = MissingValues.Reject,
            Activation = ActivationKind.Relu,
        };
        change?.Invoke(options);
        return options;
    }

    /// <summary>Label, normalisation, network, and the predicted kind as text.</summary>
    internal static EstimatorChain<ITransformer> Pipeline(MLContext ml, MlpMulticlassTrainer.Options? options = null)
        => Preparation(ml)
            .Append(ml.MixedPrecision().Trainers.MlpMulticlass(options ?? Options()))
            .Append((IEstimator<ITransformer>)ml.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel"));

    /// <summary>Label and normalisation.</summary>
    internal static EstimatorChain<ITransformer> Preparation(MLContext ml)
        => new EstimatorChain<ITransformer>()
            .Append((IEstimator<ITransformer>)ml.Transforms.Conversion.MapValueToKey("Label", "Kind"))
            .Append((IEstimator<ITransformer>)ml.Transforms.NormalizeMeanVariance("Features"));

    private static Blob Row(Random random, int i)
    {
        int kind = i == 0 ? 0 : random.Next(Kinds.Length);
        return new Blob
        {
            Kind = Kinds[kind],
            Number = i,
            Weight = 0.5f + (float)random.NextDouble(),
            Features =
            [
                Near(random, kind * 10, 3),
                Near(random, kind == 1 ? 1 : -1, 0.4),
                Near(random, 0, 1),
                Near(random, 100 - (kind * 20), 10),
            ],
        };
    }

    private static float Near(Random random, double center, double spread)
        => (float)(center + (spread * (random.NextDouble() + random.NextDouble() - 1)));
}
