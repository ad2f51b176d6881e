using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Whole pipelines, exported and scored again.</summary>
[TestClass]
public sealed class OnnxExporterTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Flower.Rows(Ml, 600);
    private static readonly IDataView Unseen = Flower.Rows(Ml, 2500, seed: 4);

    public static IEnumerable<object[]> Normalizers =>
    [
        [nameof(NormalizationCatalog.NormalizeMinMax)],
        [nameof(NormalizationCatalog.NormalizeMeanVariance)],
    ];

    [TestMethod]
    [DynamicData(nameof(Normalizers))]
    public void Export_OfNormalizersConcatenateAndLinearModel_ScoresAsTheModelDoes(string normalizer)
    {
        var model = Preparation(normalizer).Append(Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy())
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel")).Fit(Train);

        var report = Export(model, Unseen, out var file);

        AssertClose(report.Verification!.ModelToFile, 2e-6, 0.999);
        Assert.AreEqual(2500, report.Verification.Rows);
        CollectionAssert.AreEqual(new[] { "PredictedLabel.output", "Score.output", "PredictedKind.output" }, report.Outputs.ToArray());
        CollectionAssert.AreEqual(new[] { "Length", "Petal" }, report.Inputs.ToArray(), "the label must not be asked for");
        Assert.IsFalse(file.Graph.Node.Any(node => node.Input.Contains("Kind")));
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 2e-6)]
    [DataRow(NumericFormat.Float16, 5e-3)]
    public void Export_OfNetwork_ScoresAsTheModelDoes(NumericFormat format, double tolerance)
    {
        var report = Export(Network(), Unseen, out var file, new OnnxExportOptions { Format = format });

        AssertClose(report.Verification!.ModelToFile, tolerance, 0.99);
        Assert.AreEqual(format, report.Format);
        Assert.AreEqual(0, report.SaturatedWeights);
        Assert.AreEqual("mixed_float16", file.MetadataProps.Single(entry => entry.Key == "mixedprecision.policy").Value);
        Assert.AreEqual(format == NumericFormat.Float16, report.Verification.Float32ToFloat16 is not null);
        if (report.Verification.Float32ToFloat16 is { } rounded)
        {
            Assert.IsTrue(rounded.LargestDifference is > 1e-6, "rounding to FP16 must show");
            AssertClose(rounded, tolerance, 0.99);
            AssertClose(report.Verification.Float32ToFile!, tolerance, 0.99);
        }
    }

    [TestMethod]
    [DataRow("Kind")]
    [DataRow("Number")]
    [DataRow("Fraction")]
    public void Export_OfMapKeyToValue_GivesTheLabelsOwnValues(string label)
    {
        var model = Preparation("NormalizeMinMax", label).Append(Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy())
            .Append(Ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(Train);

        var report = Export(model, Unseen, out _, new OnnxExportOptions { OutputColumns = ["PredictedLabel"] });

        Assert.IsTrue(report.Verification!.ModelToFile.LabelAgreement is > 0.999, report.ToString());
        Assert.IsNull(report.Verification.ModelToFile.LargestDifference, "a label is compared by equality, even if it is a float");
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    public void ExportedFile_InMLNetsApplyOnnxModel_GivesTheSameScores(NumericFormat format)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".onnx");
        try
        {
            var model = Network();
            OnnxExporter.Export(Ml, model, Unseen.Schema, path, new OnnxExportOptions { Format = format });

            var scored = Ml.Transforms.ApplyOnnxModel(["Score.output", "PredictedKind.output"], ["Length", "Petal"], path)
                .Fit(Unseen)
                .Transform(Unseen);

            // ApplyOnnxModel takes the ".output" off again.
            var expected = model.Transform(Unseen).GetColumn<float[]>("Score").SelectMany(row => row).ToArray();
            var actual = scored.GetColumn<float[]>("Score").SelectMany(row => row).ToArray();
            Assert.HasCount(expected.Length, actual);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], format == NumericFormat.Float32 ? 2e-6f : 5e-3f);
            }

            var kinds = model.Transform(Unseen).GetColumn<string>("PredictedKind").ToArray();
            var applied = scored.GetColumn<ReadOnlyMemory<char>[]>("PredictedKind").Select(row => row[0].ToString()).ToArray();
            Assert.IsTrue(kinds.Zip(applied).Count(pair => pair.First == pair.Second) > 0.99 * kinds.Length);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Export_InFloat16_ReportsSaturatedWeights()
    {
        var data = Preparation("NormalizeMinMax").Fit(Train);
        var network = new SmallNetwork(Ml, 3, 3, weightScale: 200_000).ToTransformer(Ml, data.GetOutputSchema(Train.Schema));

        var report = Export(
            new TransformerChain<ITransformer>(data, network),
            Unseen,
            out _,
            new OnnxExportOptions { Format = NumericFormat.Float16, PrecisionAware = false });

        Assert.IsTrue(report.SaturatedWeights is > 0 and < 48, report.ToString());
    }

    [TestMethod]
    public void Export_OfColumnsBeforeTheModel_AsksForWhatTheyDependOn()
    {
        var model = Preparation("NormalizeMeanVariance").Fit(Train);

        var report = Export(model, Unseen, out _, new OnnxExportOptions { OutputColumns = ["Features", "Label"] });

        CollectionAssert.AreEquivalent(new[] { "Length", "Petal", "Kind" }, report.Inputs.ToArray());
        AssertClose(report.Verification!.ModelToFile, 1e-6, 1);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Export_OfSeveralNormalizedColumns_AsksForTheWantedOnesAndWritesPlainOperators(bool fixZero)
    {
        InputOutputColumnPair[] columns = [new("Petal"), new("L", "Length"), new("Fraction")];
        var model = Ml.Transforms.NormalizeMeanVariance(columns, fixZero: fixZero)
            .Append(Ml.Transforms.Concatenate("All", "L", "Petal"))
            .Fit(Train);

        var report = Export(model, Unseen, out var file, new OnnxExportOptions { OutputColumns = ["All"] });

        CollectionAssert.AreEqual(new[] { "Length", "Petal" }, report.Inputs.ToArray());
        Assert.IsTrue(report.Verification!.ModelToFile.LargestDifference is < 1e-6, report.ToString());
        Assert.IsTrue(file.Graph.Node.All(node => node.Domain.Length == 0), "only the default domain");
        Assert.AreEqual(fixZero ? 0 : 2, file.Graph.Node.Count(node => node.OpType == "Sub"));
    }

    [TestMethod]
    public void Export_OfColumnNamedAsMLNetsHelperVariable_TakesTheColumn()
    {
        var model = Ml.Transforms.NormalizeMinMax("VectorFeaturizerOutput", "Petal").Append(
            Ml.Transforms.Concatenate("Other", "Length", "Length"))
            .Append(Ml.Transforms.Concatenate("All", "VectorFeaturizerOutput", "Other")).Fit(Train);

        var report = Export(model, Unseen, out _, new OnnxExportOptions { OutputColumns = ["All"] });

        Assert.IsTrue(report.Verification!.ModelToFile.LargestDifference is < 1e-6, report.ToString());
    }

    [TestMethod]
    public void Export_OfBinaryModel_GivesLabelScoreAndProbability()
    {
        var model = Ml.Transforms.CustomMapping<Flower, Label>((flower, label) => label.IsFirst = flower.Number < 0, null)
            .Append(Ml.Transforms.Concatenate("Features", "Length", "Petal")).Append(Ml.Transforms.NormalizeMinMax("Features"))
            .Append(Ml.BinaryClassification.Trainers.LbfgsLogisticRegression("IsFirst")).Fit(Train);

        var report = Export(model, Unseen, out _);

        CollectionAssert.AreEquivalent(new[] { "PredictedLabel.output", "Score.output", "Probability.output" }, report.Outputs.ToArray());
        AssertClose(report.Verification!.ModelToFile, 2e-5, 0.999);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Export_OfNormalizedDouble_StaysADouble(bool fixZero)
    {
        var model = Ml.Transforms.NormalizeMeanVariance("Width", fixZero: fixZero).Fit(Train);

        var report = Export(model, Unseen, out var file, new OnnxExportOptions { OutputColumns = ["Width"] });

        Assert.AreEqual((int)OnnxElementType.Double, file.Graph.Output[0].Type.TensorType.ElemType);
        Assert.IsTrue(report.Verification!.ModelToFile.LargestDifference is < 1e-6, report.ToString());
    }

    [TestMethod]
    public void Export_WithOnlyASchema_SaysThatNothingWasVerified()
    {
        using var stream = new MemoryStream();

        var report = OnnxExporter.Export(Ml, Network(), Train.Schema, stream, options: null);

        Assert.IsNull(report.Verification);
        Assert.AreEqual("no rows were given", report.NotVerified);
        Assert.AreEqual(stream.Length, report.FileBytes);
        Assert.AreEqual(20, report.Opset);
    }

    [TestMethod]
    public void Export_WithDataWithoutRows_SaysThatNothingWasVerified()
    {
        var report = Export(Network(), Ml.Data.FilterRowsByColumn(Unseen, "Length", 1e9), out _);

        Assert.IsNull(report.Verification);
        Assert.AreEqual("the data has no rows", report.NotVerified);
    }

    [TestMethod]
    public void IsMissing_OfFailureToLoadTheNativeLibrary_IsTrue()
    {
        Assert.IsTrue(
            OnnxRuntimeSession.IsMissing(new TypeInitializationException("NativeMethods", new DllNotFoundException("onnxruntime"))));
        Assert.IsTrue(OnnxRuntimeSession.IsMissing(new EntryPointNotFoundException("OrtGetApiBase")));
        Assert.IsFalse(OnnxRuntimeSession.IsMissing(new InvalidOperationException()));
    }

    [TestMethod]
    [DataRow("Score")]
    [DataRow("PredictedLabel")]
    public void Export_OfFeaturesNamedAsAnOutput_ScoresAsTheModelDoes(string features)
    {
        var model = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Append(Ml.Transforms.Concatenate(features, "Length", "Petal"))
            .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(featureColumnName: features, hiddenLayers: [8], epochs: 2))
            .Fit(Train);

        AssertClose(Export(model, Unseen, out _).Verification!.ModelToFile, 2e-6, 0.999);
    }

    [TestMethod]
    public void Export_WithoutModelOrData_NamesTheArgument()
    {
        var export = Ml.MixedPrecision().Model;
        Assert.AreEqual(
            "model",
            Assert.ThrowsExactly<ArgumentNullException>(() => export.ExportToOnnx(null!, Train.Schema, Stream.Null)).ParamName);
        Assert.AreEqual(
            "inputSchema",
            Assert.ThrowsExactly<ArgumentNullException>(
                () => export.ExportToOnnx(Network(), (DataViewSchema)null!, Stream.Null)).ParamName);
        Assert.AreEqual(
            "data",
            Assert.ThrowsExactly<ArgumentNullException>(() => export.ExportToOnnx(Network(), (IDataView)null!, Stream.Null)).ParamName);
    }

    private static TransformerChain<ITransformer> Network()
    {
        var data = Preparation("NormalizeMeanVariance").Fit(Train);
        var network = new SmallNetwork(Ml, 3, 3).ToTransformer(Ml, data.GetOutputSchema(Train.Schema));
        var names = Ml.Transforms.Conversion.MapKeyToValue("PredictedKind", "PredictedLabel").Fit(network.Transform(data.Transform(Train)));
        return new TransformerChain<ITransformer>(data, network, names);
    }

    private static EstimatorChain<ITransformer> Preparation(string normalizer, string label = "Kind")
        => new EstimatorChain<ITransformer>()
            .Append(Ml.Transforms.Conversion.MapValueToKey("Label", label))
            .Append(Ml.Transforms.Concatenate("Features", "Length", "Petal"))
            .Append<ITransformer>(
                normalizer == "NormalizeMinMax"
                    ? Ml.Transforms.NormalizeMinMax("Features")
                    : Ml.Transforms.NormalizeMeanVariance("Features"));

    private static OnnxExportReport Export(ITransformer model, IDataView data, out ModelProto file, OnnxExportOptions? options = null)
    {
        using var stream = new MemoryStream();
        var report = OnnxExporter.Export(Ml, model, data, stream, options);
        file = ModelProto.Parser.ParseFrom(stream.ToArray());
        return report;
    }

    private static void AssertClose(OnnxComparison comparison, double tolerance, double agreement)
    {
        Assert.IsTrue(comparison.LargestDifference <= tolerance, comparison.ToString());
        Assert.IsTrue(comparison.LabelAgreement >= agreement, comparison.ToString());
    }

    private sealed class Label
    {
        public bool IsFirst { get; set; }
    }
}
