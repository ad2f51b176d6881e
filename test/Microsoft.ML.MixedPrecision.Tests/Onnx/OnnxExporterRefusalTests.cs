using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>What cannot be exported is refused by its name, and nothing is written.</summary>
[TestClass]
public sealed class OnnxExporterRefusalTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Flower.Rows(Ml, 200);

    /// <summary>What is not exported; the column that is asked for; and what the message must say beside the transform's name.</summary>
    private static readonly (
        string Transformer,
        Func<TransformsCatalog, IEstimator<ITransformer>> Steps,
        string Column,
        string Reason)[] Refused =
    [
        ("TextNormalizingTransformer", ml => ml.Text.NormalizeText("Out", "Kind"), "Out", "column 'Out' changes texts (CaseMode Lower"),
        ("TokenizingByCharactersTransformer", ml => ml.Text.TokenizeIntoCharactersAsKeys("Out", "Kind"), "Out", "has no ONNX form here"),
        (
            "ValueMappingTransformer",
            ml => ml.Conversion.MapValue("Out", new Dictionary<string, float[]> { ["kind 1"] = [1, 2] }, "Kind"),
            "Out",
            "column 'Out' is mapped to vectors"),
        ("SlotsDroppingTransformer", ml => ml.FeatureSelection.SelectFeaturesBasedOnCount("Out", "Petal", 1000), "Out",
            "keeps none of the 2 elements of 'Petal'"),
        ("NormalizingTransformer", ml => ml.NormalizeBinning("Petal"), "Petal", "column 'Petal' is normalized by NormalizeBinning or "
            + "NormalizeSupervisedBinning"),
        ("NormalizingTransformer", ml => ml.NormalizeSupervisedBinning("Out", "Petal", "Number"), "Out",
            "column 'Out' is normalized by NormalizeBinning or NormalizeSupervisedBinning"),
        ("NormalizingTransformer", ml => ml.NormalizeLogMeanVariance("Out", "Length"), "Out",
            "column 'Out' is normalized by NormalizeLogMeanVariance"),
        (
            "NormalizingTransformer",
            ml => ml.NormalizeMeanVariance("Out", "Width", useCdf: true),
            "Out",
            "or NormalizeMeanVariance with useCdf"),
        ("HashingTransformer", ml => ml.Conversion.Hash(
            new HashingEstimator.ColumnOptions("Out", "Petal", useOrderedHashing: false, combine: true)), "Out",
            "hashes the elements of 'Petal' into one number"),
        ("HashingTransformer", ml => ml.Conversion.Hash(new HashingEstimator.ColumnOptions("Out", "Long", useOrderedHashing: true)), "Out",
            "hashes the 257 elements of 'Long', each with a seed of its own"),
        (
            "TypeConvertingTransformer",
            ml => ml.Conversion.ConvertType("Out", "Kind", DataKind.Single),
            "Out",
            "is converted from String to Single"),
        (
            "TypeConvertingTransformer",
            ml => ml.Conversion.ConvertType("Out", "Length", DataKind.String),
            "Out",
            "is converted from Single to String"),
        ("ValueToKeyMappingTransformer", ml => ml.Conversion.MapValueToKey("Out", "Nothing"), "Out", "column 'Out' has learnt no values"),
        ("NormalizingTransformer", ml => ml.NormalizeRobustScaling("Out", "Same"), "Out", "column 'Out' cannot be read again: what it "
            + "has learnt ('Out.scale' in the file) holds a number that is not finite"),
        (
            "MissingValueReplacingTransformer",
            ml => ml.ReplaceMissingValues("Out", "Endless", MissingValueReplacingEstimator.ReplacementMode.Maximum),
            "Out",
            "('Out.replacement' in the file) holds"),
        (
            "ValueToKeyMappingTransformer",
            ml => ml.Conversion.MapValueToKey("Out", "EndlessDouble"),
            "Out",
            "('Out.values' in the file) holds"),
        (
            "ValueMappingTransformer",
            ml => ml.Conversion.MapValue("Out", new Dictionary<string, float> { ["kind 1"] = float.NaN }, "Kind"),
            "Out",
            "('Out.values' in the file) holds"),
        ("KeyToVectorMappingTransformer", ml => ml.Conversion.MapValueToKey("Key", "Matrix").Append(
            ml.Conversion.MapKeyToVector("Out", "Key")), "Out",
            "of scalars and of vectors of one dimension"),
    ];

    public static IEnumerable<object[]> RefusedRows => Enumerable.Range(0, Refused.Length).Select(row => new object[] { row });

    [TestMethod]
    [DynamicData(nameof(RefusedRows))]
    public void Export_OfWhatHasNoForm_NamesTransformColumnReasonAndWhatToDo(int row)
    {
        var (transformer, steps, column, reason) = Refused[row];
        var data = Ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 40).Select(
                i => new OddRow
                {
                    Kind = $"kind {i % 3}",
                    Number = i % 3,
                    Length = i,
                    Width = i * i,
                    Same = 7,
                    Endless = i == 5 ? float.PositiveInfinity : i,
                    EndlessDouble = i == 5 ? double.NegativeInfinity : i,
                    Petal = [i, 1],
                    Matrix = [i, 1, 2, 3],
                    Long = new float[257],
                }));
        var model = steps(Ml.Transforms).Fit(Ml.Transforms.Conversion.MapValueToKey("Number").Fit(data).Transform(data));

        var error = Refuse<NotSupportedException>(
            model,
            new OnnxExportOptions { OutputColumns = [column] },
            Ml.Transforms.Conversion.MapValueToKey("Number").Fit(data).Transform(data));

        StringAssert.Contains(error.Message, $"The step {transformer}, which makes '{column}', cannot be exported to ONNX: ");
        StringAssert.Contains(error.Message, reason);
        StringAssert.Contains(error.Message, "Apply this step to the data before the pipeline that is exported, ask for columns that "
            + "do not depend on it, "
            + "or export the network alone, from its features on, with Model.ExportNetworkToOnnx.");
    }

    [TestMethod]
    [DataRow("RangeFilter")]
    [DataRow("SkipTakeFilter")]
    [DataRow("NAFilter")]
    [DataRow("RowShufflingTransformer")]
    public void Export_OfStepThatChangesRows_IsRefusedByItsName(string name)
    {
        var steps = new RowStep(view => name switch
        {
            "RangeFilter" => Ml.Data.FilterRowsByColumn(view, "Length", 2),
            "SkipTakeFilter" => Ml.Data.TakeRows(view, 2),
            "NAFilter" => Ml.Data.FilterRowsByMissingValues(view, "Length"),
            _ => Ml.Data.ShuffleRows(view),
        });
        var model = new TransformerChain<ITransformer>(steps, Ml.Transforms.NormalizeMinMax("Petal").Fit(Train));

        var error = Refuse<NotSupportedException>(model, new OnnxExportOptions { OutputColumns = ["Petal"] });

        StringAssert.Contains(error.Message, $"The step {name} cannot be exported to ONNX: it does not make one row of each row");
        StringAssert.Contains(error.Message, "Apply it to the data before the pipeline");
    }

    /// <summary>The file calls column Score's output so; readers that ask for it by name would get the data's column.</summary>
    [TestMethod]
    public void Export_WhereTheDataHaveTheNameOfAnOutput_IsRefused()
    {
        IDataView data = Ml.Transforms.CopyColumns("Score.output", "Petal").Fit(Train).Transform(Train);
        ITransformer model = Ml.Transforms.NormalizeMinMax("Score", "Score.output").Fit(data);

        var error = Refuse<NotSupportedException>(model, new OnnxExportOptions { OutputColumns = ["Score"] }, data);

        StringAssert.Contains(error.Message, "The data have a column 'Score.output'");
        StringAssert.Contains(error.Message, "leave 'Score' out of OutputColumns");
    }

    [TestMethod]
    public void Export_OfStepThatHidesWhatItWasMadeFrom_IsRefused()
    {
        var error = Refuse<NotSupportedException>(
            new RowStep(view => Ml.Data.Cache(view)),
            new OnnxExportOptions { OutputColumns = ["Petal"] });

        StringAssert.Contains(error.Message, "CacheDataView, which does not tell what it was made from");
        StringAssert.Contains(error.Message, "ExportNetworkToOnnx");
    }

    [TestMethod]
    public void Export_OfModelThatWritesNothing_IsRefused()
    {
        var data = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Append(Ml.Transforms.Concatenate("Features", "Length", "Petal"))
            .Fit(Train);
        var network = new SmallNetwork(Ml, 3, 3) { Writes = false }.ToTransformer(Ml, data.GetOutputSchema(Train.Schema));

        var error = Refuse<NotSupportedException>(new TransformerChain<ITransformer>(data, network), new OnnxExportOptions());

        StringAssert.Contains(error.Message, "MulticlassClassificationScorer");
        StringAssert.Contains(error.Message, "it does not write column 'PredictedLabel'");
    }

    [TestMethod]
    public void Export_OfAnotherTransformThatNothingDependsOn_Succeeds()
    {
        var model = Ml.Transforms.NormalizeBinning("Binned", "Petal").Append(Ml.Transforms.NormalizeMinMax("Petal")).Fit(Train);
        using var stream = new MemoryStream();

        var report = OnnxExporter.Export(Ml, model, Train, stream, new OnnxExportOptions { OutputColumns = ["Petal"] });

        CollectionAssert.AreEqual(new[] { "Petal" }, report.Inputs.ToArray());
    }

    [TestMethod]
    [DataRow(NumericFormat.TensorFloat32, "how a GPU multiplies")]
    public void Export_InOtherFormats_IsRefusedWithTheReason(NumericFormat format, string reason)
    {
        var error = Refuse<NotSupportedException>(
            Ml.Transforms.NormalizeMinMax("Petal").Fit(Train),
            new OnnxExportOptions { Format = format });

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
        var error = Refuse<ArgumentException>(
            Ml.Transforms.NormalizeMinMax("Petal").Fit(Train),
            new OnnxExportOptions { OutputColumns = ["Petals"] });

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
            var model = Ml.Transforms.NormalizeBinning("Binned", "Petal").Fit(Train);

            Assert.ThrowsExactly<NotSupportedException>(
                () => OnnxExporter.Export(Ml, model, Train.Schema, path, new OnnxExportOptions { OutputColumns = ["Binned"] }));

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
            () => OnnxExporter.Export(
                Ml,
                Ml.Transforms.NormalizeMinMax("Petal").Fit(Train),
                Train.Schema,
                Path.Combine(folder, "model.onnx"),
                options: null));

        StringAssert.Contains(error.Message, $"'{folder}'");
    }

    private static TException Refuse<TException>(ITransformer model, OnnxExportOptions options, IDataView? data = null)
        where TException : Exception
    {
        using var stream = new MemoryStream();
        var error = Assert.ThrowsExactly<TException>(() => OnnxExporter.Export(Ml, model, data ?? Train, stream, options));
        Assert.AreEqual(0, stream.Length);
        return error;
    }

    /// <summary>A transformer of a user that changes which rows there are.</summary>
    private sealed class RowStep(Func<IDataView, IDataView> change) : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public void Save(ModelSaveContext ctx) => throw new NotSupportedException();

        public IDataView Transform(IDataView input) => change(input);
    }

    private sealed class OddRow
    {
        public string Kind { get; set; } = "";

        public string Nothing { get; set; } = "";

        public int Number { get; set; }

        public float Length { get; set; }

        public double Width { get; set; }

        public float Same { get; set; }

        public float Endless { get; set; }

        public double EndlessDouble { get; set; }

        [VectorType(2)]
        public float[] Petal { get; set; } = [];

        [VectorType(2, 2)]
        public float[] Matrix { get; set; } = [];

        /// <summary>More places than are hashed each by a node of its own.</summary>
        [VectorType(257)]
        public float[] Long { get; set; } = [];
    }
}
