using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Tests.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>The generated contexts write, byte for byte, what reflection wrote before them: files of all versions stay the same.</summary>
[TestClass]
public sealed class JsonTextTests
{
    private static readonly JsonSerializerOptions Summary = new()
    {
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        MaxDepth = 8,
    };

    private static readonly JsonSerializerOptions Report = new()
    {
        Converters = { new JsonStringEnumConverter() },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    [TestMethod]
    public void Summary_AsJson_IsWhatReflectionWrites()
    {
        TrainingSummary summary = TrainingSummary.Of(FilledResult.Create());
        Assert.IsNotEmpty(summary.Ranges);

        Assert.AreEqual(JsonSerializer.Serialize(summary, Summary), TrainingSummaryJson.Write(summary));
        Assert.AreEqual(JsonSerializer.Serialize(summary.LossScale, Summary), TrainingSummaryJson.Write(summary.LossScale));
        Assert.AreEqual(JsonSerializer.Serialize(summary.Ranges, Summary), TrainingSummaryJson.Write(summary.Ranges));
        Assert.AreEqual(
            TrainingSummaryJson.Write(summary),
            TrainingSummaryJson.Write(TrainingSummaryJson.Read(TrainingSummaryJson.Write(summary))));
    }

    [TestMethod]
    public void Report_AsJson_IsWhatReflectionWrites()
    {
        var report = new OnnxExportReport
        {
            FileBytes = 1234,
            Float32Bytes = 5678,
            Format = NumericFormat.Float16,
            Opset = 20,
            Inputs = ["größe <&> \"x\""],
            Outputs = [],
            SaturatedWeights = 0,
            Layers =
            [
                new OnnxLayerReport
                {
                    Name = "hidden.0",
                    Operator = "Gemm",
                    Format = NumericFormat.Float16,
                    Reason = "asked for",
                    LargestInTraining = double.PositiveInfinity,
                    BelowNormalInTraining = 1e-9,
                },
                new OnnxLayerReport
                {
                    Name = "output",
                    Operator = "Gemm",
                    Format = NumericFormat.Float32,
                    WeightFormat = NumericFormat.BFloat16,
                    Reason = "it's near",
                    Alone = new OnnxComparison(0.1, double.NaN, null),
                },
            ],
            Warnings = ["one", "two"],
            Verification = new OnnxVerification(7, new OnnxComparison(1, 2, 0.5), null, new OnnxComparison(null, null, 1)),
        };
        JsonObject withoutSize = JsonSerializer.SerializeToNode(report, Report)!.AsObject();
        withoutSize.Remove("FileBytes");

        Assert.AreEqual(JsonSerializer.Serialize(report, Report), OnnxExportReportJson.Write(report));
        Assert.AreEqual(
            withoutSize.ToJsonString(new JsonSerializerOptions(Report) { WriteIndented = false }),
            OnnxExportReportJson.WriteWithoutSize(report));
    }
}
