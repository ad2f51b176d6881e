using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Batch normalisation through the trainer: fit, score, save, load, export.</summary>
[TestClass]
public sealed class MlpBatchNormTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(600));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Blob.Rows(1500, seed: 2));
    private static readonly TransformerChain<ITransformer> Model = Fit(ActivationKind.Relu);

    private static MlpMulticlassTransformer Transformer => ((IEnumerable<ITransformer>)Model).OfType<MlpMulticlassTransformer>().Single();

    [TestMethod]
    public void Fit_WithBatchNorm_LearnsAndSaysSo()
    {
        Assert.IsGreaterThan(0.97, Ml.MulticlassClassification.Evaluate(Model.Transform(Test)).MicroAccuracy);
        Assert.AreEqual(NormalizationKind.BatchNorm, Transformer.Model.Normalization);
        StringAssert.Contains(Transformer.Training!.Explain(), "batch norm", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Predict_RowByRow_GivesTheBitsOfTheBatch()
    {
        Blob[] rows = Blob.Rows(50, seed: 2);
        uint[] batch = Scores.BitsOf(Model.Transform(Ml.Data.LoadFromEnumerable(rows)));
        using PredictionEngine<Blob, Prediction> engine = Ml.Model.CreatePredictionEngine<Blob, Prediction>(Model);

        CollectionAssert.AreEqual(batch, rows.SelectMany(row => Scores.BitsOf(engine.Predict(row).Score)).ToArray());
    }

    [TestMethod]
    public void Load_OfSavedModel_GivesTheSameScores()
    {
        using var stream = new MemoryStream();
        Ml.Model.Save(Model, Train.Schema, stream);
        stream.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(stream, out _);

        CollectionAssert.AreEqual(Scores.BitsOf(Model.Transform(Test)), Scores.BitsOf(loaded.Transform(Test)));
        Assert.AreEqual(NormalizationKind.BatchNorm, ((IEnumerable<ITransformer>)loaded).OfType<MlpMulticlassTransformer>().Single().Model.Normalization);
    }

    [TestMethod]
    [DataRow(ActivationKind.Relu)]
    [DataRow(ActivationKind.Gelu)]
    [DataRow(ActivationKind.Tanh)]
    public void ExportToOnnx_InBothFormats_ScoresAsTheModelDoes(ActivationKind activation)
    {
        TransformerChain<ITransformer> model = activation == ActivationKind.Relu ? Model : Fit(activation);
        foreach ((NumericFormat format, double tolerance) in new[] { (NumericFormat.Float32, 1e-5), (NumericFormat.Float16, 1e-2) })
        {
            using var folder = new TemporaryFolder();

            OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, Test, folder.File("model.onnx"), new OnnxExportOptions { Format = format });

            Assert.IsLessThan(tolerance, report.Verification!.ModelToFile.LargestDifference!.Value, $"{format}");
        }
    }

    private static TransformerChain<ITransformer> Fit(ActivationKind activation) => Blob.Pipeline(Ml, Blob.Options(options =>
    {
        options.HiddenLayers = [16, 11];
        options.Activation = activation;
        options.Normalization = NormalizationKind.BatchNorm;
        options.Precision = PrecisionPolicy.MixedFloat16;
    })).Fit(Train);
}
