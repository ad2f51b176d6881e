// A file-based app, as `dotnet run app.cs` makes one: trains, saves, loads, evaluates, exports. build/ci.sh names the package in front and
// puts digits.csv
// beside it. Such an app prepares for ahead-of-time compilation: JSON by reflection and code made at run time are off. ML.NET's
// LoadFromEnumerable and
// CreatePredictionEngine make code at run time and so fail here; #:property PublishAot=false switches that on again.
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision;

var mlContext = new MLContext(seed: 1);
IDataView data = mlContext.Data.LoadFromTextFile<Digit>("digits.csv", separatorChar: ',', hasHeader: true);
var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Digit.Value))
    .Append(mlContext.Transforms.NormalizeMinMax("Features"))
    .Append(
        mlContext.MixedPrecision().Trainers.MlpMulticlass(
            new MlpMulticlassTrainer.Options { HiddenLayers = [64], Epochs = 30, LearningRate = 1e-2f }));
ITransformer model = pipeline.Fit(data);

mlContext.Model.Save(model, data.Schema, "digits.zip");
ITransformer loaded = mlContext.Model.Load("digits.zip", out _);
double accuracy = mlContext.MulticlassClassification.Evaluate(loaded.Transform(data)).MicroAccuracy;
OnnxExportReport report = mlContext.MixedPrecision().Model.ExportToOnnx(
    loaded, data.Schema, "digits.onnx", new OnnxExportOptions { Format = NumericFormat.Float16 });

Console.WriteLine($"accuracy {accuracy:P1} after saving and loading, ONNX of {report.FileBytes} bytes, a report of "
    + $"{report.ToJson().Length} characters");
return accuracy > 0.9 ? 0 : 1;

internal sealed class Digit
{
    [LoadColumn(0, 63), VectorType(64)]
    public float[] Features { get; set; } = [];

    [LoadColumn(64)]
    public int Value { get; set; }
}
