using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;
using static Microsoft.ML.Transforms.MissingValueReplacingEstimator;

namespace CustomerChurn;

/// <summary>From a row to a probability.</summary>
internal static class Pipelines
{
    public static IEstimator<ITransformer> Perceptron(MLContext mlContext, Action<MlpBinaryTrainer.Options>? change = null)
    {
        var options = new MlpBinaryTrainer.Options
        {
            HiddenLayers = [64, 32],
            Precision = PrecisionPolicy.MixedFloat16,
            BatchSize = 64,
            Epochs = 30,
            LearningRate = 2e-3f,
            Dropout = 0.3f,
        };
        change?.Invoke(options);
        return Preparation(mlContext).Append(mlContext.MixedPrecision().Trainers.MlpBinary(options));
    }

    /// <summary>Logistic regression wants normalised features; the perceptron scales them itself.</summary>
    public static IEstimator<ITransformer> Logistic(MLContext mlContext)
        => Preparation(mlContext)
            .Append(mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false))
            .AppendCacheCheckpoint(mlContext)
            .Append(mlContext.BinaryClassification.Trainers.LbfgsLogisticRegression());

    /// <summary>Gaps: the mean in their place, and beside it a 1 that says so. Categories: a column of 0 and 1 for each value.</summary>
    private static EstimatorChain<ColumnConcatenatingTransformer> Preparation(MLContext mlContext)
        => mlContext.Transforms.IndicateMissingValues("Missing", "Gappy")
            .Append(mlContext.Transforms.Conversion.ConvertType("Missing"))
            .Append(mlContext.Transforms.ReplaceMissingValues("Gappy", replacementMode: ReplacementMode.Mean))
            .Append(mlContext.Transforms.Categorical.OneHotEncoding(
                [new("Plan"), new("Region"), new("Shop"), new("Channel")]))
            .Append(mlContext.Transforms.Concatenate(
                "Features", "Numbers", "Gappy", "Missing", "Plan", "Region",
                "Shop", "Channel"));
}
