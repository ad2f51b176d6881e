using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Networks alone, from their features on, behind steps that cannot be exported.</summary>
[TestClass]
public sealed class NetworkExporterTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(200));

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportNetworkToOnnx_BehindStepWithoutAForm_ComputesAsTransformDoes(TrainerCase task)
    {
        ITransformer model = Fit(task);
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportNetworkToOnnx(model, stream);

        CollectionAssert.AreEqual(new[] { "Features" }, report.Inputs.ToArray());
        CollectionAssert.AreEquivalent(task.Columns.Select(column => column + ".output").ToArray(), report.Outputs.ToArray());
        Assert.AreEqual("no rows were given", report.NotVerified);
        foreach (int rows in new[] { 1, 7, 1024 })
        {
            AssertSame(task, model, stream.ToArray(), rows);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportNetworkToOnnx_OfTransformerAlone_GivesTheSameFile(TrainerCase task)
    {
        ITransformer model = Fit(task);
        using var ofChain = new MemoryStream();
        using var ofTransformer = new MemoryStream();

        Ml.MixedPrecision().Model.ExportNetworkToOnnx(model, ofChain);
        Ml.MixedPrecision().Model.ExportNetworkToOnnx(TrainerCase.Ours(Flat(model)), ofTransformer);

        CollectionAssert.AreEqual(ofChain.ToArray(), ofTransformer.ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportNetworkToOnnx_WithData_AppliesTheStepsBeforeTheNetworkToIt(TrainerCase task)
    {
        ITransformer model = Fit(task);
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".onnx");
        try
        {
            IDataView unseen = Ml.Data.LoadFromEnumerable(Sample.Rows(1100, seed: 4));
            float largest = ScoredRows.ScoresOf(model.Transform(unseen)).Max(row => row.Max(Math.Abs));

            OnnxExportReport report = Ml.MixedPrecision().Model.ExportNetworkToOnnx(
                model,
                unseen,
                path,
                new OnnxExportOptions { Format = NumericFormat.Float16 });

            Assert.AreEqual(1100, report.Verification!.Rows);
            Assert.IsTrue(report.Verification.ModelToFile.LargestDifference < 4e-3 * Math.Max(1, largest), report.ToString());
            Assert.IsTrue(report.Verification.ModelToFile.LabelAgreement is null or > 0.99, report.ToString());
            Assert.AreEqual(new FileInfo(path).Length, report.FileBytes);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void ExportNetworkToOnnx_WithoutANetwork_SaysWhatThereIsAndWhatToDo()
    {
        ITransformer model = Ml.Transforms.NormalizeMinMax("Features")
            .Append(Ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 2))
            .Fit(Train);

        var error = Assert.ThrowsExactly<ArgumentException>(() => Ml.MixedPrecision().Model.ExportNetworkToOnnx(model, Stream.Null));

        StringAssert.Contains(error.Message, "There is no network of this library in the model, which is made of "
            + "NormalizingTransformer, RegressionPredictionTransformer");
        StringAssert.Contains(error.Message, "Model.ExportToOnnx");
    }

    [TestMethod]
    public void ExportNetworkToOnnx_OfTwoNetworks_NamesThemAndWhatToDo()
    {
        ITransformer first = Fit(TrainerCase.Binary), second = Fit(TrainerCase.Regression);

        var error = Assert.ThrowsExactly<ArgumentException>(
            () => Ml.MixedPrecision().Model.ExportNetworkToOnnx(new TransformerChain<ITransformer>(first, second), Stream.Null));

        StringAssert.Contains(error.Message, "There are 2 networks in the model (NetworkBinaryTransformer of 'Features', "
            + "NetworkRegressionTransformer of 'Features')");
        StringAssert.Contains(error.Message, "pass the transformer of the one that is wanted");
    }

    [TestMethod]
    public void ExportNetworkToOnnx_WithoutArguments_NamesThem()
    {
        var export = Ml.MixedPrecision().Model;
        Assert.AreEqual("model", Assert.ThrowsExactly<ArgumentNullException>(() => export.ExportNetworkToOnnx(null!, "a.onnx")).ParamName);
        Assert.AreEqual(
            "path",
            Assert.ThrowsExactly<ArgumentNullException>(
                () => export.ExportNetworkToOnnx(Fit(TrainerCase.Binary), (string)null!)).ParamName);
        Assert.AreEqual(
            "data",
            Assert.ThrowsExactly<ArgumentNullException>(
                () => export.ExportNetworkToOnnx(Fit(TrainerCase.Binary), null!, Stream.Null)).ParamName);
    }

    /// <summary>A chain in a chain, whose first step has no ONNX form.</summary>
    private static ITransformer Fit(TrainerCase task)
    {
        var before = Ml.Transforms.NormalizeBinning("Features", maximumBinCount: 50).Fit(Train);
        return new TransformerChain<ITransformer>(before, task.Pipeline(Ml, options => options.Epochs = 3).Fit(before.Transform(Train)));
    }

    private static IEnumerable<ITransformer> Flat(ITransformer model)
        => model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flat) : [model];

    private static void AssertSame(TrainerCase task, ITransformer model, byte[] file, int rows)
    {
        IDataView transformed = model.Transform(Ml.Data.LoadFromEnumerable(Sample.Rows(rows, seed: 4)));
        using var session = new InferenceSession(file);
        using var run = new RunOptions();
        using OrtValue features = ColumnValues.Tensor(ColumnValues.Of(transformed, "Features"), rows);
        using var results = session.Run(run, ["Features"], [features], [.. task.Columns.Select(column => column + ".output")]);

        // Sums of products in another order: 2e-6 of the largest score.
        float largest = ScoredRows.ScoresOf(transformed).Max(row => row.Max(Math.Abs));
        for (int i = 0; i < task.Columns.Length; i++)
        {
            ColumnValues.AssertEqual(
                ColumnValues.Of(transformed, task.Columns[i]),
                ColumnValues.Of(results[i]),
                2e-6 * Math.Max(1, largest),
                task.Columns[i]);
        }
    }
}
