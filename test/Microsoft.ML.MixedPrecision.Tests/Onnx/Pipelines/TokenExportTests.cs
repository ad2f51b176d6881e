using Microsoft.ML.MixedPrecision.Tests.Trainers.Texts;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;

/// <summary>Models of words have no ONNX form yet: whoever asks for one is told so, and nothing is written.</summary>
[TestClass]
public sealed class TokenExportTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Export_OfWords_IsRefusedAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        IDataView rows = TextCase.Words.Rows(Ml, 20);
        ITransformer model = TextCase.Words.Fit(Ml, rows, options => options.Epochs = 1);
        MixedPrecisionModelCatalog catalog = Ml.MixedPrecision().Model;
        using var stream = new MemoryStream();
        foreach (Action export in (Action[])
            [
                () => catalog.ExportNetworkToOnnx(model, folder.File("a.onnx")),
                () => catalog.ExportNetworkToOnnx(model, rows, folder.File("a.onnx")),
                () => catalog.ExportNetworkToOnnx(model, stream),
                () => catalog.ExportNetworkToOnnx(model, rows, stream),
            ])
        {
            string message = Assert.ThrowsExactly<NotSupportedException>(export).Message;
            StringAssert.Contains(message, "TokenClassification");
            StringAssert.Contains(message, "score in ML.NET");
        }

        Assert.ThrowsExactly<NotSupportedException>(() => catalog.ExportToOnnx(model, rows, folder.File("a.onnx")));
        Assert.ThrowsExactly<NotSupportedException>(() => catalog.ExportToOnnx(model, rows.Schema, stream));
        Assert.AreEqual(0, stream.Length);
        Assert.IsFalse(File.Exists(folder.File("a.onnx")));
    }
}
