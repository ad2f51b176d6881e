using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a neural network (a multilayer perceptron) for regression, of one target or several, on the GPU or the CPU: deep
/// learning in mixed precision (FP16, BF16) for ML.NET.</summary>
/// <remarks>
/// <para>The loss is <see cref="Options.Loss"/>, averaged over the targets, of labels that are standardized unless
/// <see cref="Options.StandardizeLabel"/> is false.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Regression</description></item>
/// <item><term>Is normalization required?</term><description>No: the trainer scales features itself
/// (<see cref="TableTrainerOptions.FeatureScaling"/>)</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>Single, or vector of Single of known size; rows with NaN are left out, counted and
/// logged</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, dense or sparse; finite</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term><c>Score</c>, out</term><description>Single or vector of Single, as the label, in the label's units</description></item>
/// </list>
/// </remarks>
/// <example>
/// The day's highest temperature from its lowest and the wind:
/// <code>
/// using Microsoft.ML;
/// using Microsoft.ML.Data;
/// using Microsoft.ML.MixedPrecision;
///
/// var mlContext = new MLContext(seed: 1);
/// IDataView data = mlContext.Data.LoadFromTextFile&lt;Day&gt;("seattle-weather.csv", separatorChar: ',', hasHeader: true);
/// DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
/// var pipeline = mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false)
///     .Append(mlContext.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options
///     {
///         LabelColumnName = nameof(Day.Highest),
///         Loss = RegressionLoss.Huber,
///         Epochs = 10,
///     }));
/// ITransformer model = pipeline.Fit(split.TrainSet);
/// RegressionMetrics metrics = mlContext.Regression.Evaluate(model.Transform(split.TestSet), nameof(Day.Highest));
/// Console.WriteLine($"R² {metrics.RSquared:F3}");
///
/// public sealed class Day
/// {
///     [LoadColumn(2)]
///     public float Highest { get; set; }
///
///     [LoadColumn(3, 4), VectorType(2)]
///     public float[] Features { get; set; } = [];
/// }
/// </code>
/// </example>
public sealed partial class MlpRegressionTrainer : NetworkTrainer<NetworkRegressionTransformer, NetworkRegressionModelParameters>
{
    internal MlpRegressionTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(MlpRegressionTrainer), RegressionTask.Of(Checked(options)))
    {
    }
}
