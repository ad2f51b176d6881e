using Microsoft.ML.Data;
using static Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>The example of README, run on the digits.</summary>
[TestClass]
public sealed class ReadmeExample
{
    [TestMethod]
    public void Example_OnDigits_LearnsAndExports()
    {
        string folder = Directory.CreateTempSubdirectory("readme").FullName;
        string file = Path.Combine(folder, "digits.fp16.onnx");
        try
        {
            double accuracy = Run(Path.Combine(AppContext.BaseDirectory, "digits.csv"), file);
            Assert.IsGreaterThan(0.95, accuracy);
            Assert.IsTrue(File.Exists(file));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Run(string digitsCsv, string onnxFile)
    {
        var mlContext = new MLContext(seed: 1);
        IDataView data = mlContext.Data.LoadFromTextFile<Digit>(digitsCsv, separatorChar: ',', hasHeader: true);
        var split = mlContext.Data.TrainTestSplit(data, testFraction: 0.2);

        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", "Value", keyOrdinality: ByValue)
            .Append(mlContext.Transforms.NormalizeMinMax("Features"))
            .Append(mlContext.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
            {
                HiddenLayers = [256, 128],
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Dynamic(initialScale: 65536, growthFactor: 2, backoffFactor: 0.5f, growthInterval: 2000),
                BatchSize = 256,
                Epochs = 30,
                LearningRate = 1e-3f,
                Device = ComputeDevice.Auto,
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        var model = pipeline.Fit(split.TrainSet);
        var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));

        mlContext.MixedPrecision().Model.ExportToOnnx(
            model, split.TrainSet.Schema, onnxFile, new OnnxExportOptions { Format = NumericFormat.Float16 });
        return metrics.MicroAccuracy;
    }

    private sealed class Digit
    {
        [LoadColumn(0, 63), VectorType(64)]
        public float[] Features { get; set; } = [];

        [LoadColumn(64)]
        public int Value { get; set; }
    }
}
