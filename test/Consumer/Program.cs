// An application as anybody would write it: trains, evaluates, saves, loads, exports, with the package alone.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

var mlContext = new MLContext(seed: 1);
var random = new Random(1);
var rows = Enumerable.Range(0, 600).Select(
    i => new Point { Kind = i % 3, Features = [random.NextSingle() + (i % 3), random.NextSingle() - (i % 3)] });
DataOperationsCatalog.TrainTestData split = mlContext.Data.TrainTestSplit(mlContext.Data.LoadFromEnumerable(rows));

var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Point.Kind))
    .Append(mlContext.Transforms.NormalizeMeanVariance("Features"))
    .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
    {
        HiddenLayers = [16],
        Precision = PrecisionPolicy.MixedBFloat16,
        BatchSize = 32,
        Epochs = 30,
        LearningRate = 1e-2f,
    }));
var model = pipeline.Fit(split.TrainSet);
mlContext.Model.Save(model, split.TrainSet.Schema, "points.zip");
ITransformer loaded = mlContext.Model.Load("points.zip", out _);
double accuracy = mlContext.MulticlassClassification.Evaluate(loaded.Transform(split.TestSet)).MicroAccuracy;
OnnxExportReport report = mlContext.MixedPrecision().Model.ExportToOnnx(
    model,
    split.TrainSet.Schema,
    "points.onnx",
    new OnnxExportOptions { Format = NumericFormat.Float16 });

string version = typeof(MlpMulticlassTrainer).Assembly.GetName().Name + " "
    + System.Diagnostics.FileVersionInfo.GetVersionInfo(typeof(MlpMulticlassTrainer).Assembly.Location).ProductVersion;
Console.WriteLine($"{version}: accuracy {accuracy:P1} after saving and loading, ONNX of {report.FileBytes} bytes");
return accuracy > 0.9 ? 0 : 1;

internal sealed class Point
{
    public int Kind { get; set; }

    [VectorType(2)]
    public float[] Features { get; set; } = [];
}
