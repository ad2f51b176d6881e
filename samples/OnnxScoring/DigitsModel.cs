using Microsoft.ML;
using Microsoft.ML.MixedPrecision;
using static Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality;

namespace OnnxScoring;

/// <summary>The network that the service scores with when it is given none.</summary>
internal static class DigitsModel
{
    /// <summary>Its file, beside the program.</summary>
    public static string FileName { get; } = Path.Combine(AppContext.BaseDirectory, "digits.fp16.onnx");

    /// <summary>Trains and exports, unless that was done.</summary>
    public static void EnsureExported()
    {
        if (!File.Exists(FileName))
        {
            Console.WriteLine($"There is no {FileName} yet: training on digits.csv …");
            var ml = new MLContext(seed: 1);
            IDataView rows = Rows(ml);
            Export(ml, Train(ml, rows), rows, FileName);
        }
    }

    /// <summary>The digits.</summary>
    public static IDataView Rows(MLContext ml)
        => ml.Data.LoadFromTextFile<Digit>(Path.Combine(AppContext.BaseDirectory, "digits.csv"), separatorChar: ',', hasHeader: true);

    /// <summary>Trains on rows.</summary>
    public static ITransformer Train(MLContext ml, IDataView rows)
        => ml.Transforms.Conversion.MapValueToKey("Label", "Digit", keyOrdinality: ByValue)
            .Append(ml.Transforms.NormalizeMinMax("Features"))
            .Append(ml.MixedPrecision().Trainers.MlpMulticlass(new MlpMulticlassTrainer.Options
            {
                HiddenLayers = [256, 128],
                Precision = PrecisionPolicy.MixedFloat16,
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(rows);

    /// <summary>Writes a model as FP16 ONNX.</summary>
    public static void Export(MLContext ml, ITransformer model, IDataView rows, string path)
        => ml.MixedPrecision().Model.ExportToOnnx(model, rows.Schema, path, new OnnxExportOptions { Format = NumericFormat.Float16 });
}
