using Google.Protobuf;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Exported files are accepted by ONNX's own checker, where it knows their opset.</summary>
[TestClass]
public sealed class OnnxCheckerTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> Formats
        => [[NumericFormat.Float32, false], [NumericFormat.Float16, false], [NumericFormat.Float16, true], [NumericFormat.BFloat16, false]];

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Export_OfEachTrainerActivationAndNormalization_IsAccepted(NumericFormat format, bool edges)
    {
        int opset = OnnxChecker.RequireOpset();
        using var folder = new TemporaryFolder();
        var paths = new List<string>();
        foreach (TrainerCase task in TrainerCase.All.Select(row => (TrainerCase)row[0]))
        {
            IDataView rows = task.Prepared(Ml, Sample.Rows(60));
            foreach (var (activation, normalization, residual) in Networks)
            {
                ITransformer model = task.Fit(
                    Ml,
                    rows,
                    options => (
                        options.HiddenLayers,
                        options.Epochs,
                        options.Activation,
                        options.Normalization,
                        options.Residual) = ([8, 8], 1, activation, normalization, residual));
                foreach (OnnxOperatorSet set in Enum.GetValues<OnnxOperatorSet>())
                {
                    string path = folder.File($"{task}-{activation}-{normalization}-{residual}-{set}.onnx");
                    OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
                        model,
                        rows.Schema,
                        path,
                        new OnnxExportOptions { Format = format, OperatorSet = set, Float16Edges = edges });
                    if (report.Opset <= opset)
                    {
                        paths.Add(path);
                    }
                }
            }
        }

        Assert.IsGreaterThanOrEqualTo(4 * Networks.Count(), paths.Count, "opset 17 at least is known");
        Assert.IsEmpty(OnnxChecker.Check(paths), string.Join(Environment.NewLine, OnnxChecker.Check(paths)));
    }

    [TestMethod]
    public void Export_OfEachPipeline_IsAccepted()
    {
        OnnxChecker.RequireOpset();
        using var folder = new TemporaryFolder();
        var paths = new List<string>();
        int withoutWide = 0;
        foreach (PipelineCase pipeline in PipelineCases.All)
        {
            IDataView data = Ml.Data.LoadFromEnumerable(MessyRow.ToFit(400));
            var model = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
                .Append(pipeline.Steps(Ml.Transforms))
                .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(hiddenLayers: [8], epochs: 1))
                .Append(Ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"))
                .Fit(data);
            string path = folder.File($"{paths.Count} {string.Concat(pipeline.Name.Where(char.IsLetterOrDigit))}.onnx");
            try
            {
                Ml.MixedPrecision().Model.ExportToOnnx(
                    model,
                    data.Schema,
                    path,
                    new OnnxExportOptions
                    {
                        OperatorSet = OnnxOperatorSet.Wide,
                        OutputColumns = ["Score", "PredictedLabel", "Name", .. pipeline.Columns],
                    });
                paths.Add(path);
            }
            catch (NotSupportedException error) when (
                error.Message.Contains("hashes text, which takes an operator of opset 20", StringComparison.Ordinal))
            {
                withoutWide++;
            }
        }

        Assert.IsTrue(withoutWide is > 0 and < 12, $"{withoutWide} pipelines hash text");
        string[] refused = OnnxChecker.Check(paths);
        Assert.IsEmpty(refused, string.Join(Environment.NewLine, refused));
    }

    [TestMethod]
    public void Check_OfAWrongFile_SaysSo()
    {
        OnnxChecker.RequireOpset();
        using var folder = new TemporaryFolder();
        var graph = new OnnxGraphBuilder(OnnxOperatorSet.Wide);
        OnnxValue x = graph.AddInput("x", OnnxElementType.Float, 3);
        graph.AddOutput(graph.AddOperator("Gemm", "product", OnnxElementType.Float, x).Value, 3);
        string path = folder.File("wrong.onnx");
        File.WriteAllBytes(path, OnnxModelFile.Create(graph, "a product of one operand", []).ToByteArray());

        StringAssert.StartsWith(OnnxChecker.Check([path]).Single(), "wrong.onnx: ");
    }

    private static IEnumerable<(ActivationKind, NormalizationKind, bool)> Networks =>
    [
        .. Enum.GetValues<ActivationKind>().Select(activation => (activation, NormalizationKind.None, false)),
        .. Enum.GetValues<NormalizationKind>().Select(normalization => (ActivationKind.Relu, normalization, true)),
    ];
}
