using System.Text.Json.Nodes;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>What reports say of the sizes of files, and of how weights are stored.</summary>
[TestClass]
public sealed class OnnxReportSizeTests
{
    private static readonly MLContext Ml = ExportedModels.Ml;

    [TestMethod]
    [DataRow(NumericFormat.Float16, true)]
    [DataRow(NumericFormat.Float16, false)]
    [DataRow(NumericFormat.BFloat16, true)]
    [DataRow(NumericFormat.BFloat16, false)]
    public void Float32Bytes_OfA16BitExport_AreThoseOfTheFileInFloat32(NumericFormat format, bool withRows)
    {
        (byte[] float32, _) = Export(NumericFormat.Float32, withRows);

        (byte[] file, OnnxExportReport report) = Export(format, withRows);

        Assert.AreEqual(file.Length, report.FileBytes);
        Assert.AreEqual(float32.Length, report.Float32Bytes);
        Assert.AreEqual(withRows, report.Verification is not null);
    }

    [TestMethod]
    public void Report_OfABFloat16Export_SaysThatWeightsAreAndComputingIsNot()
    {
        OnnxExportReport report = Export(NumericFormat.BFloat16, withRows: false).Report;

        StringAssert.Contains(report.ToString(), "Float32, weights BFloat16", StringComparison.Ordinal);
        JsonArray layers = JsonNode.Parse(report.ToJson())!["Layers"]!.AsArray();
        foreach (JsonNode? layer in layers)
        {
            bool product = layer!["Operator"]!.GetValue<string>() == "Gemm";
            Assert.AreEqual("Float32", layer["Format"]!.GetValue<string>());
            Assert.AreEqual(product ? "BFloat16" : null, layer["WeightFormat"]?.GetValue<string>());
            string? expected = product
                ? "as asked for: weights stored in BFloat16, computed in Float32"
                : layer["Operator"]!.GetValue<string>() == "Relu"
                ? "BFloat16 is for weights, and it has none"
                : null;
            Assert.AreEqual(expected ?? layer["Reason"]!.GetValue<string>(), layer["Reason"]!.GetValue<string>());
        }

        Assert.AreEqual(3, layers.Count(layer => layer!["Operator"]!.GetValue<string>() == "Gemm"));
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    public void Report_OfOtherExports_SaysNothingOfWeightsThatAreStoredAsComputed(NumericFormat format)
    {
        OnnxExportReport report = Export(format, withRows: false).Report;

        Assert.DoesNotContain("weights F", report.ToString());
        Assert.IsTrue(
            report.Layers.All(layer => layer.Operator == "Gemm" ? layer.WeightFormat == format : layer.WeightFormat is null),
            report.ToJson());
    }

    private static (byte[] File, OnnxExportReport Report) Export(NumericFormat format, bool withRows)
    {
        using var stream = new MemoryStream();
        var options = new OnnxExportOptions { Format = format };
        OnnxExportReport report = withRows
            ? Ml.MixedPrecision().Model.ExportToOnnx(ExportedModels.FittedNetwork, Flower.Rows(Ml, 1100, seed: 4), stream, options)
            : Ml.MixedPrecision().Model.ExportToOnnx(ExportedModels.FittedNetwork, ExportedModels.Train.Schema, stream, options);
        return (stream.ToArray(), report);
    }
}
