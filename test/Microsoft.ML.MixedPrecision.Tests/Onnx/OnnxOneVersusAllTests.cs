using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>ML.NET's one-versus-all of networks of ours as one file: one network for each class in it.</summary>
[TestClass]
public sealed class OnnxOneVersusAllTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(200));
    private static readonly IDataView Unseen = Ml.Data.LoadFromEnumerable(Sample.Rows(1100, seed: 4));

    public static IEnumerable<object[]> Formats =>
        from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
        from set in Enum.GetValues<OnnxOperatorSet>()
        from normalization in new[] { NormalizationKind.None, NormalizationKind.LayerNorm }
        select new object[] { format, set, normalization };

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Export_OfOneVersusAll_ScoresAsTheModelDoes(NumericFormat format, OnnxOperatorSet set, NormalizationKind normalization)
    {
        ITransformer model = Fit(normalization);

        OnnxExportReport report = Export(model, out byte[] file, new OnnxExportOptions { Format = format, OperatorSet = set });

        // Scores are shares of the sum of three probabilities: an error e of a logit changes one by at most e/4, and a share by about as
        // much.
        Assert.IsLessThan(
            format switch { NumericFormat.Float32 => 2e-6, NumericFormat.Float16 => 8e-3, _ => 4e-2 },
            report.Verification!.ModelToFile.LargestDifference!.Value,
            report.ToString());
        Assert.IsGreaterThan(
            format == NumericFormat.Float32 ? 0.998 : 0.98,
            report.Verification.ModelToFile.LabelAgreement!.Value,
            report.ToString());
        CollectionAssert.AreEquivalent(new[] { "Score.output", "PredictedLabel.output", "Name.output" }, report.Outputs.ToArray());
        CollectionAssert.AreEqual(new[] { "Features" }, report.Inputs.ToArray());
        CollectionAssert.IsSubsetOf(new[] { "output", "2:output", "3:output" }, report.Layers.Select(layer => layer.Name).ToArray());
        Assert.AreEqual(format == NumericFormat.Float16, report.Layers.Any(layer => layer.Format == NumericFormat.Float16));
        Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(file));
        double tolerance = format == NumericFormat.Float32 ? 1e-5 : 0.1;
        string[] columns = ["Score", "PredictedLabel", "Name"];
        InvalidRows.AssertEachIsAnsweredForItself(model, file, InvalidRows.NotFinite, tolerance, columns);
        InvalidRows.AssertAreAppliedEachForItself(model, file, InvalidRows.NotFinite, tolerance, columns);
    }

    [TestMethod]
    public void Export_OfOneVersusAllWithFloat16Edges_GivesScoresInFloat16()
    {
        ITransformer model = Fit(NormalizationKind.None);

        OnnxExportReport report = Export(
            model,
            out byte[] file,
            new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true, OutputColumns = ["Score", "PredictedLabel"] });

        ModelProto graph = ModelProto.Parser.ParseFrom(file);
        Assert.AreEqual(
            (int)OnnxElementType.Float16,
            graph.Graph.Output.Single(output => output.Name == "Score.output").Type.TensorType.ElemType);
        Assert.AreEqual(
            (int)OnnxElementType.UInt32,
            graph.Graph.Output.Single(output => output.Name == "PredictedLabel.output").Type.TensorType.ElemType);
        Assert.IsLessThan(0.05, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    private static ITransformer Fit(NormalizationKind normalization)
        => TrainerCase.Multiclass.Preparation(Ml)
            .Append((IEstimator<ITransformer>)Ml.MulticlassClassification.Trainers.OneVersusAll(
                Ml.MixedPrecision().Trainers.MlpBinary(new MlpBinaryTrainer.Options
                {
                    HiddenLayers = [8],
                    BatchSize = 32,
                    Epochs = 5,
                    LearningRate = 2e-2f,
                    Seed = 1,
                    Normalization = normalization,
                    MissingValues = MissingValues.Reject,
                })))
            .Append((IEstimator<ITransformer>)Ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
            .Fit(Train);

    private static OnnxExportReport Export(ITransformer model, out byte[] file, OnnxExportOptions options)
    {
        using var stream = new MemoryStream();
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, Unseen, stream, options);
        file = stream.ToArray();
        return report;
    }
}
