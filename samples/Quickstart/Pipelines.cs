using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using Microsoft.ML.Transforms;

namespace Quickstart;

/// <summary>The pipelines that are compared: the same rows, the same preparation, another trainer.</summary>
internal static class Pipelines
{
    public const int Epochs = 30;

    /// <summary>The formats to train in. FP16 starts far too high and grows often, so that skipped steps and growth are seen at work.</summary>
    public static (PrecisionPolicy Policy, LossScaling Scaling)[] Runs =>
    [
        (PrecisionPolicy.Float32, LossScaling.Auto),
        (PrecisionPolicy.TensorFloat32, LossScaling.Auto),
        (PrecisionPolicy.MixedBFloat16, LossScaling.Auto),
        (PrecisionPolicy.MixedFloat16, LossScaling.Dynamic(initialScale: 16777216, growthFactor: 2, backoffFactor: 0.5f, growthInterval: 25)),
    ];

    public static IEstimator<ITransformer> MixedPrecision(MLContext mlContext, PrecisionPolicy policy, LossScaling scaling, Action<TrainingMetrics> onEpoch)
        => Preparation(mlContext)
            .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
            {
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
