using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Normalisations through the trainer: fit, score, save, load, export.</summary>
[TestClass]
public sealed class MlpNormalizationTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(600));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Blob.Rows(1500, seed: 2));

    private static readonly Dictionary<NormalizationKind, TransformerChain<ITransformer>> Models = new()
    {
        [NormalizationKind.LayerNorm] = Fit(NormalizationKind.LayerNorm, ActivationKind.Relu),
        [NormalizationKind.BatchNorm] = Fit(NormalizationKind.BatchNorm, ActivationKind.Relu),
    };

    [TestMethod]
    [DataRow(NormalizationKind.LayerNorm, "layer norm + Relu")]
    [DataRow(NormalizationKind.BatchNorm, "batch norm")]
    public void Fit_WithIt_LearnsAndSaysSo(NormalizationKind kind, string explanation)
    {
        Assert.IsGreaterThan(0.97, Ml.MulticlassClassification.Evaluate(Models[kind].Transform(Test)).MicroAccuracy);
        Assert.AreEqual($"{kind}", TransformerOf(Models[kind]).Model.Layers[1].Layer);
        StringAssert.Contains(TransformerOf(Models[kind]).Training!.Explain(), explanation, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow(NormalizationKind.LayerNorm)]
    [DataRow(NormalizationKind.BatchNorm)]
    public void Predict_RowByRow_GivesTheBitsOfTheBatch(NormalizationKind kind)
    {
        Blob[] rows = Blob.Rows(50, seed: 2);
        uint[] batch = Scores.BitsOf(Models[kind].Transform(Ml.Data.LoadFromEnumerable(rows)));
        using PredictionEngine<Blob, Prediction> engine = Ml.Model.CreatePredictionEngine<Blob, Prediction>(Models[kind]);

        CollectionAssert.AreEqual(batch, rows.SelectMany(row => Scores.BitsOf(engine.Predict(row).Score)).ToArray());
    }

    [TestMethod]
    [DataRow(NormalizationKind.LayerNorm)]
    [DataRow(NormalizationKind.BatchNorm)]
    public void Load_OfSavedModel_GivesTheSameScores(NormalizationKind kind)
    {
        using var stream = new MemoryStream();
        Ml.Model.Save(Models[kind], Train.Schema, stream);
        stream.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(stream, out _);

        CollectionAssert.AreEqual(Scores.BitsOf(Models[kind].Transform(Test)), Scores.BitsOf(loaded.Transform(Test)));
        Assert.AreEqual($"{kind}", TransformerOf(loaded).Model.Layers[1].Layer);
    }

    [TestMethod]
    [DataRow(NormalizationKind.LayerNorm, ActivationKind.Relu)]
    [DataRow(NormalizationKind.LayerNorm, ActivationKind.Gelu)]
    [DataRow(NormalizationKind.LayerNorm, ActivationKind.Tanh)]
    [DataRow(NormalizationKind.BatchNorm, ActivationKind.Relu)]
    [DataRow(NormalizationKind.BatchNorm, ActivationKind.Gelu)]
    [DataRow(NormalizationKind.BatchNorm, ActivationKind.Tanh)]
    public void ExportToOnnx_InBothFormats_ScoresAsTheModelDoes(NormalizationKind kind, ActivationKind activation)
    {
        TransformerChain<ITransformer> model = activation == ActivationKind.Relu ? Models[kind] : Fit(kind, activation);
        foreach ((NumericFormat format, double tolerance) in new[] { (NumericFormat.Float32, 1e-5), (NumericFormat.Float16, 1e-2) })
        {
            using var folder = new TemporaryFolder();

            OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
                model,
                Test,
                folder.File("model.onnx"),
                new OnnxExportOptions { Format = format });

            Assert.IsLessThan(tolerance, report.Verification!.ModelToFile.LargestDifference!.Value, $"{format}");
        }
    }

    private static NetworkMulticlassTransformer TransformerOf(ITransformer model)
        => ((IEnumerable<ITransformer>)model).OfType<NetworkMulticlassTransformer>().Single();

    private static TransformerChain<ITransformer> Fit(NormalizationKind kind, ActivationKind activation)
        => Blob.Pipeline(Ml, Blob.Options(options =>
    {
        options.HiddenLayers = [16, 11];
        options.Activation = activation;
        options.Normalization = kind;
        options.Precision = PrecisionPolicy.MixedFloat16;
    })).Fit(Train);
}
