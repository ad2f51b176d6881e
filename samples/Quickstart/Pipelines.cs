using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.Transforms;

namespace Quickstart;

/// <summary>The pipelines that are compared: the same rows, the same preparation, another trainer.</summary>
internal static class Pipelines
{
    public const int Epochs = 30;

    /// <summary>Where the loss scale of the FP16 run starts: far too high, so that skipped steps are seen at work.</summary>
    public const float InitialScale = 16777216;

    /// <summary>The formats to train in.</summary>
    public static (string Name, PrecisionPolicy Policy, LossScaling Scaling)[] Runs =>
    [
        ("FP32", PrecisionPolicy.Float32, LossScaling.Auto),
        ("TF32", PrecisionPolicy.TensorFloat32, LossScaling.Auto),
        ("BF16", PrecisionPolicy.MixedBFloat16, LossScaling.Auto),
        ("FP16", PrecisionPolicy.MixedFloat16, LossScaling.Dynamic(InitialScale)),
    ];

    public static IEstimator<ITransformer> MixedPrecision(
        MLContext mlContext, PrecisionPolicy policy, LossScaling scaling, Action<TrainingMetrics> onEpoch)
        => Preparation(mlContext)
            .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
            {
                FeatureScaling = FeatureScaling.None, // Grey values are alike; NormalizeMinMax has brought them to 0 … 1.
                HiddenLayers = [256, 128],
                Precision = policy,
                LossScaling = scaling,
                BatchSize = 256,
                Epochs = Epochs,
                LearningRate = 1e-3f,
                Device = ComputeDevice.Auto,
                MetricsCallback = onEpoch,
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    public static IEstimator<ITransformer> Sdca(MLContext mlContext)
        => Preparation(mlContext)
            .AppendCacheCheckpoint(mlContext)
            .Append(mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy())
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private static EstimatorChain<NormalizingTransformer> Preparation(MLContext mlContext)
        => mlContext.Transforms.Conversion.MapValueToKey("Label", "Digit", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Append(mlContext.Transforms.NormalizeMinMax("Features"));
}
