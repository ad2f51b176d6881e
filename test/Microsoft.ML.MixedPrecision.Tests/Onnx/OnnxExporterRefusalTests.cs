using Microsoft.ML.MixedPrecision.Onnx.Pipeline;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>What cannot be exported is refused by its name, and nothing is written.</summary>
[TestClass]
public sealed class OnnxExporterRefusalTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Flower.Rows(Ml, 200);

    [TestMethod]
    public void Export_OfAnotherTransform_IsRefusedByItsName()
    {
        var model = Ml.Transforms.Conversion.Hash("Hashed", "Kind").Fit(Train);

        var error = Refuse<NotSupportedException>(model, new OnnxExportOptions { OutputColumns = ["Hashed"] });

        StringAssert.Contains(error.Message, "The step HashingTransformer, which makes 'Hashed'");
        StringAssert.Contains(error.Message, "Apply this step to the data before");
    }

    [TestMethod]
    public void Export_OfBinning_IsRefusedByTheKindOfNormalizer()
    {
        var model = Ml.Transforms.NormalizeBinning("Petal").Fit(Train);

        var error = Refuse<NotSupportedException>(model, new OnnxExportOptions { OutputColumns = ["Petal"] });

        StringAssert.Contains(error.Message, "column 'Petal' is normalized by BinNormalizerModelParameters");
    }

    [TestMethod]
    public void Export_OfStepThatWritesNothingForItsColumn_IsRefused()
    {
        // Concatenate of text writes nothing and says nothing.
        var model = Ml.Transforms.Concatenate("Texts", "Kind", "Kind").Fit(Train);

        var error = Refuse<NotSupportedException>(model, new OnnxExportOptions { OutputColumns = ["Texts"] });

        StringAssert.Contains(error.Message, "ColumnConcatenatingTransformer");
        StringAssert.Contains(error.Message, "it does not write column 'Texts'");
    }

    [TestMethod]
    public void Export_OfSelectColumns_IsRefusedByItsName()
    {
        var model = Ml.Transforms.NormalizeMinMax("Petal").Append(Ml.Transforms.SelectColumns("Petal", "Kind")).Fit(Train);

        var error = Refuse<NotSupportedException>(model, new OnnxExportOptions { OutputColumns = ["Petal"] });

        StringAssert.Contains(error.Message, "SelectColumns");
    }

    [TestMethod]
    public void Export_OfAnotherTransformThatNothingDependsOn_Succeeds()
    {
        var model = Ml.Transforms.Conversion.Hash("Hashed", "Kind").Append(Ml.Transforms.NormalizeMinMax("Petal")).Fit(Train);
        using var stream = new MemoryStream();

        var report = OnnxExporter.Export(Ml, model, Train, stream, new OnnxExportOptions { OutputColumns = ["Petal"] });

        CollectionAssert.AreEqual(new[] { "Petal" }, report.Inputs.ToArray());
    }

    [TestMethod]
    [DataRow(NumericFormat.TensorFloat32, "how a GPU multiplies")]
    public void Export_InOtherFormats_IsRefusedWithTheReason(NumericFormat format, string reason)
    {
        var error = Refuse<NotSupportedException>(Ml.Transforms.NormalizeMinMax("Petal").Fit(Train), new OnnxExportOptions { Format = format });

        StringAssert.Contains(error.Message, reason);
    }

    [TestMethod]
    public void Export_InFloat16WithoutANetwork_IsRefused()
    {
        var options = new OnnxExportOptions { Format = NumericFormat.Float16, OutputColumns = ["Petal"] };

        var error = Refuse<NotSupportedException>(Ml.Transforms.NormalizeMinMax("Petal").Fit(Train), options);

        StringAssert.Contains(error.Message, "nothing of the pipeline is written in it");
    }

    [TestMethod]
    public void Export_WithoutATrainedModelOrNames_AsksForNames()
    {
        var error = Refuse<ArgumentException>(Ml.Transforms.NormalizeMinMax("Petal").Fit(Train), new OnnxExportOptions());

        StringAssert.Contains(error.Message, "no trained model");
    }

    [TestMethod]
    public void Export_OfUnknownColumn_NamesThoseThatThereAre()
    {
        var error = Refuse<ArgumentException>(Ml.Transforms.NormalizeMinMax("Petal").Fit(Train), new OnnxExportOptions { OutputColumns = ["Petals"] });

        StringAssert.Contains(error.Message, "'Petals'");
        StringAssert.Contains(error.Message, "Length, Width, Petal, Kind");
    }

    [TestMethod]
    public void Export_ThatFails_LeavesTheOlderFileAndNothingBeside()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            string path = Path.Combine(directory.FullName, "model.onnx");
            File.WriteAllText(path, "older");
            var model = Ml.Transforms.Conversion.Hash("Hashed", "Kind").Fit(Train);

            Assert.ThrowsExactly<NotSupportedException>(() => OnnxExporter.Export(Ml, model, Train.Schema, path, new OnnxExportOptions { OutputColumns = ["Hashed"] }));

            Assert.AreEqual("older", File.ReadAllText(path));
            Assert.HasCount(1, directory.GetFiles());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void Export_ToAFolderThatDoesNotExist_NamesTheFolder()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

        var error = Assert.ThrowsExactly<DirectoryNotFoundException>(
            () => OnnxExporter.Export(Ml, Ml.Transforms.NormalizeMinMax("Petal").Fit(Train), Train.Schema, Path.Combine(folder, "model.onnx"), options: null));

        StringAssert.Contains(error.Message, $"'{folder}'");
    }

    [TestMethod]
    public void ReplacedFile_WhoseWritingFailsHalfway_LeavesTheOlderFileAndNothingBeside()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            string path = Path.Combine(directory.FullName, "model.onnx");
            File.WriteAllText(path, "older");

            Assert.ThrowsExactly<IOException>(() => ReplacedFile.Write(path, stream =>
            {
                stream.WriteByte(1);
                throw new IOException("disk full");
            }));

            Assert.AreEqual("older", File.ReadAllText(path));
            Assert.HasCount(1, directory.GetFiles());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static TException Refuse<TException>(ITransformer model, OnnxExportOptions options)
        where TException : Exception
    {
        using var stream = new MemoryStream();
        var error = Assert.ThrowsExactly<TException>(() => OnnxExporter.Export(Ml, model, Train, stream, options));
        Assert.AreEqual(0, stream.Length);
        return error;
    }
}
