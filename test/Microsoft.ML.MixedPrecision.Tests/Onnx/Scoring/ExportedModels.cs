namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

/// <summary>Files as users have them: a network's pipeline exported in Float32 and Float16, and a pipeline of ML.NET's own parts.</summary>
internal static class ExportedModels
{
    public static readonly MLContext Ml = new(seed: 1);
    public static readonly IDataView Train = Flower.Rows(Ml, 600);

    private static readonly Lazy<ITransformer> NetworkModel = new(FitNetwork);

    public static byte[] Network(NumericFormat format) => Export(NetworkModel.Value, format);

    /// <summary>Texts, keys, one-hot encoding by operators of ai.onnx.ml, a normalizer, a linear model, and its label as text.</summary>
    public static byte[] MLNet()
    {
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Append(Ml.Transforms.Conversion.MapValueToKey("NumberKey", "Number"))
            .Append(Ml.Transforms.Concatenate("Features", "Length", "Petal"))
            .Append(Ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy())
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel"));
        return Export(pipeline.Fit(Train), NumericFormat.Float32, "Score", "PredictedKind", "Label", "NumberKey");
    }

    public static ITransformer FittedNetwork => NetworkModel.Value;

    private static ITransformer FitNetwork()
        => Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Append(Ml.Transforms.Concatenate("Features", "Length", "Petal"))
            .Append(Ml.Transforms.NormalizeMinMax("Features"))
            .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(hiddenLayers: [16, 8], epochs: 3, batchSize: 32))
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel"))
            .Fit(Train);

    private static byte[] Export(ITransformer model, NumericFormat format, params string[] columns)
    {
        using var stream = new MemoryStream();
        Ml.MixedPrecision().Model.ExportToOnnx(
            model,
            Train.Schema,
            stream,
            new OnnxExportOptions { Format = format, OutputColumns = columns.Length == 0 ? null : columns });
        return stream.ToArray();
    }
}
