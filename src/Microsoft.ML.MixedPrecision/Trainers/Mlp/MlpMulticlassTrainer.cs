using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a neural network (a multilayer perceptron) for multiclass classification on the GPU or the CPU: deep learning in mixed
/// precision (FP16, BF16) for ML.NET.</summary>
/// <remarks>
/// <para>The loss is the cross-entropy of the softmax of the network's outputs: ℓ = −ln softmax(x)_label (see
/// <see cref="Options.LabelSmoothing"/>).</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Multiclass classification</description></item>
/// <item><term>Is normalization required?</term><description>No: the trainer scales features itself
/// (<see cref="TableTrainerOptions.FeatureScaling"/>)</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, in Float32 and Float16</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>label, in</term><description>key of UInt32; rows without one are left out, counted and logged</description></item>
/// <item><term>features, in</term><description>vector of Single of known size, dense or sparse; finite</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative</description></item>
/// <item><term><c>Score</c>, out</term><description>vector of Single: probability of each class, slot names as the label's
/// values</description></item>
/// <item><term><c>PredictedLabel</c>, out</term><description>key like the label's</description></item>
/// </list>
/// </remarks>
/// <example>
/// Handwritten digits, in FP16:
/// <code>
/// using Microsoft.ML;
/// using Microsoft.ML.Data;
/// using Microsoft.ML.MixedPrecision;
///
/// var mlContext = new MLContext(seed: 1);
/// IDataView data = mlContext.Data.LoadFromTextFile&lt;Digit&gt;("digits.csv", separatorChar: ',', hasHeader: true);
/// DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);
/// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Digit.Value))
///     .Append(mlContext.Transforms.NormalizeMinMax("Features"))
///     .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
///     {
///         HiddenLayers = [128],
///         Precision = PrecisionPolicy.MixedFloat16,
///         Epochs = 10,
///     }))
///     .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
/// ITransformer model = pipeline.Fit(split.TrainSet);
/// MulticlassClassificationMetrics metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
/// Console.WriteLine($"accuracy {metrics.MicroAccuracy:P1}");
///
/// public sealed class Digit
/// {
///     [LoadColumn(0, 63), VectorType(64)]
///     public float[] Features { get; set; } = [];
///
///     [LoadColumn(64)]
///     public int Value { get; set; }
/// }
/// </code>
/// </example>
public sealed partial class MlpMulticlassTrainer : NetworkTrainer<NetworkMulticlassTransformer, NetworkMulticlassModelParameters>
{
    internal MlpMulticlassTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(MlpMulticlassTrainer), MulticlassTask.Of(Checked(options)))
    {
    }
}
