using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a neural network (a multilayer perceptron) for binary classification on the GPU or the CPU: deep learning in mixed
/// precision (FP16, BF16) for ML.NET.</summary>
/// <remarks>
/// <para>The loss is the binary cross-entropy of the network's only output, the logit x: ℓ = max(x, 0) − x·y + ln(1 + e^−|x|) for y of 0 or
/// 1.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Binary classification</description></item>
/// <item><term>Is normalization required?</term><description>No: the trainer scales features itself
/// (<see cref="TableTrainerOptions.FeatureScaling"/>)</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>Boolean</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, dense or sparse; finite</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term><c>Score</c>, out</term><description>Single: the logit, above 0 for yes</description></item>
/// <item><term><c>Probability</c>, out</term><description>Single: 1/(1 + e^−Score)</description></item>
/// <item><term><c>PredictedLabel</c>, out</term><description>Boolean: Probability above the threshold, 0.5 unless
/// <see cref="NetworkBinaryTransformer.WithThreshold"/> changed it</description></item>
/// </list>
/// </remarks>
/// <example>
/// Customers who leave, in BF16:
/// <code>
/// using Microsoft.ML;
/// using Microsoft.ML.Data;
/// using Microsoft.ML.MixedPrecision;
///
/// var mlContext = new MLContext(seed: 1);
/// IDataView data = mlContext.Data.LoadFromTextFile&lt;Customer&gt;("customers.csv", separatorChar: ',', hasHeader: true);
/// DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
/// var pipeline = mlContext.Transforms.NormalizeMeanVariance("Features", fixZero: false)
///     .Append(mlContext.MixedPrecision().Trainers.MlpBinary(new MlpBinaryTrainer.Options
///     {
///         LabelColumnName = nameof(Customer.Churned),
///         Precision = PrecisionPolicy.MixedBFloat16,
///         Epochs = 5,
///     }));
/// ITransformer model = pipeline.Fit(split.TrainSet);
/// BinaryClassificationMetrics metrics = mlContext.BinaryClassification.Evaluate(model.Transform(split.TestSet), nameof(Customer.Churned));
/// Console.WriteLine($"AUC {metrics.AreaUnderRocCurve:F3}");
///
/// public sealed class Customer
/// {
///     [LoadColumn(7, 12), VectorType(6)]
///     public float[] Features { get; set; } = [];
///
///     [LoadColumn(13)]
///     public bool Churned { get; set; }
/// }
/// </code>
/// </example>
public sealed partial class MlpBinaryTrainer : NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters>
{
    internal MlpBinaryTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(MlpBinaryTrainer), BinaryTask.Of(Checked(options)))
    {
    }
}
