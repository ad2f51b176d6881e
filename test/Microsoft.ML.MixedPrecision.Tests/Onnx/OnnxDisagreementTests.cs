using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>A file that does not compute what its model does is warned of where rows show it, whatever the reason and the format.</summary>
[TestClass]
public sealed class OnnxDisagreementTests
{
    private const string Warns = "the file does not compute what the model does";
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Rows = Flower.Rows(Ml, 200);

    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.BFloat16)]
    [DataRow(NumericFormat.Float16)]
    public void Export_OfScoresThatDiffer_WarnsInEveryFormat(NumericFormat format)
    {
        var (right, wrong) = (Warnings(1, format), Warnings(1.25f, format));

        Assert.IsFalse(right.Any(warning => warning.Contains(Warns, StringComparison.Ordinal)), string.Join(";", right));
        StringAssert.Contains(wrong[0], Warns);
        Assert.AreEqual(format != NumericFormat.Float32, wrong[0].Contains("in Float32)", StringComparison.Ordinal), wrong[0]);
    }

    [TestMethod]
    public void Export_OfKeysThatDiffer_Warns()
    {
        // ONNX Runtime hashes text beyond ASCII otherwise than ML.NET, so that the file counts it as missing.
        var report = Export("é");

        Assert.IsEmpty(Export("e").Warnings);
        StringAssert.Contains(report.Warnings.Single(), Warns);
        StringAssert.Contains(report.Warnings.Single(), "same labels in 50.00");

        OnnxExportReport Export(string other)
        {
            var data = Ml.Data.LoadFromEnumerable(new[] { new MessyRow { Text = "a" }, new MessyRow { Text = other } });
            var model = Ml.Transforms.Conversion.Hash("Hash", "Text", numberOfBits: 20).Fit(data);
            return Ml.MixedPrecision().Model.ExportToOnnx(model, data, Stream.Null, new OnnxExportOptions { OutputColumns = ["Hash"] });
        }
    }

    private static IReadOnlyList<string> Warnings(float writtenScale, NumericFormat format)
    {
        var data = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Append(Ml.Transforms.NormalizeMinMax("Petal"))
            .Append(Ml.Transforms.Concatenate("Features", "Petal"))
            .Fit(Rows);
        var network = new SmallNetwork(Ml, 2, 3) { WrittenScale = writtenScale }.ToTransformer(Ml, data.GetOutputSchema(Rows.Schema));
        var model = new TransformerChain<ITransformer>(data, network);
        return Ml.MixedPrecision().Model.ExportToOnnx(model, Rows, Stream.Null, new OnnxExportOptions { Format = format }).Warnings;
    }
}
