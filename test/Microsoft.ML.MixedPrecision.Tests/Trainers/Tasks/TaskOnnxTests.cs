using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Whole pipelines of each task as ONNX, scored again by ONNX Runtime.</summary>
[TestClass]
public sealed class TaskOnnxTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Unseen = Ml.Data.LoadFromEnumerable(Sample.Rows(1100, seed: 4));

    public static IEnumerable<object[]> All => TrainerCase.All;

    public static IEnumerable<object[]> Formats
        => TrainerCase.All.SelectMany(task => (object[][])[[task[0], NumericFormat.Float32, 2e-6], [task[0], NumericFormat.Float16, 4e-3]]);

    [TestMethod]
    [DynamicData(nameof(Formats))]
    internal void ExportToOnnx_OfPipeline_ScoresAsTheModelDoes(TrainerCase task, NumericFormat format, double tolerance)
    {
        ITransformer model = Models.Of(task);
        float largest = ScoredRows.ScoresOf(model.Transform(Unseen)).Max(row => row.Max(Math.Abs));

        OnnxExportReport report = Export(model, format);

        Assert.IsLessThan(tolerance * Math.Max(1, largest), report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        CollectionAssert.AreEquivalent(
            task.Columns.Select(column => column + ".output")
                .Concat(task is MulticlassCase ? ["PredictedKind.output"] : [])
                .ToArray(), report.Outputs.ToArray());
        CollectionAssert.AreEqual(new[] { "Features" }, report.Inputs.ToArray(), "the label must not be asked for");
        Assert.AreEqual(task is not RegressionCase, report.Verification.ModelToFile.LabelAgreement is > 0.99, report.ToString());
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(0.1f)]
    [DataRow(0.9f)]
    [DataRow(1f)]
    public void ExportToOnnx_WithThreshold_PredictsAsTheModelDoes(float threshold)
    {
        var chain = (TransformerChain<ITransformer>)Models.Of(TrainerCase.Binary);
        var model = new TransformerChain<ITransformer>(
            [.. chain.SkipLast(1), ((NetworkBinaryTransformer)chain.LastTransformer).WithThreshold(threshold)]);

        OnnxExportReport report = Export(model, NumericFormat.Float32);

        Assert.IsTrue(report.Verification!.ModelToFile.LabelAgreement is > 0.998, report.ToString());
        Assert.IsLessThan(1e-4, report.Verification.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportToOnnx_OfFeaturesOfAnotherName_ScoresAsTheModelDoes(TrainerCase task)
    {
        IDataView rows = Ml.Transforms.SelectColumns("A", "D", "Label")
            .Fit(task.Prepared(Ml, Sample.Rows(60)))
            .Transform(task.Prepared(Ml, Sample.Rows(60)));
        var model = Ml.Transforms.Concatenate("X", "A", "D")
            .Append(task.Trainer(Ml, task.Options(options => options.FeatureColumnName = "X")))
            .Fit(rows);
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, rows, stream);

        CollectionAssert.AreEquivalent(task.Columns.Select(column => column + ".output").ToArray(), report.Outputs.ToArray());
        Assert.IsLessThan(1e-4, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        Assert.AreEqual(task is RegressionCase ? null : 1.0, report.Verification.ModelToFile.LabelAgreement);
    }

    private static OnnxExportReport Export(ITransformer model, NumericFormat format)
    {
        using var stream = new MemoryStream();
        return Ml.MixedPrecision().Model.ExportToOnnx(model, Unseen, stream, new OnnxExportOptions { Format = format });
    }
}
