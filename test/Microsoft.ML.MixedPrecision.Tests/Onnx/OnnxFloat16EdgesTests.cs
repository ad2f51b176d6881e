using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>FP16 inputs and outputs where numbers are beyond FP16's largest, 65504: these stay FP32, and the report says why, with rows and
/// without.</summary>
[TestClass]
public sealed class OnnxFloat16EdgesTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly House[] Houses = [
        .. Sample.Rows(300).Select(
            row => new House
            {
                Size = row.A,
                Income = 50_000 + (40_000 * row.D),
                Price = 2e6f + (5e5f * row.Value),
                Rooms = 4 + row.Value,
            })];
    private static readonly IDataView Rows = Ml.Data.LoadFromEnumerable(Houses);

    private static readonly string[] Both = ["Size", "Income"];

    [TestMethod]
    [DataRow(false, "by the last layer's weights")]
    [DataRow(true, "on the rows given")]
    public void Export_OfLabelsOfMillions_KeepsTheScoreInFloat32(bool withRows, string says)
    {
        ITransformer model = Fit("Price", chain => chain.Append(Ml.Transforms.NormalizeMeanVariance("Features")));

        OnnxExportReport report = Export(model, withRows, out ModelProto file);

        Assert.AreEqual(
            (OnnxElementType.Float16, OnnxElementType.Float, OnnxElementType.Float),
            (In(file, "Size"), In(file, "Income"), Out(file)),
            report.ToString());
        StringAssert.Contains(report.Warnings.Single(warning => warning.Contains("'Score.output'", StringComparison.Ordinal)), says);
        AssertScoresAsTheModel(model, file);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Export_OfSmallLabels_GivesThemInFloat16(bool withRows)
    {
        ITransformer model = Fit("Rooms", chain => chain.Append(Ml.Transforms.NormalizeMeanVariance("Features")));

        OnnxExportReport report = Export(model, withRows, out ModelProto file);

        Assert.AreEqual(OnnxElementType.Float16, Out(file), report.ToString());
        AssertScoresAsTheModel(model, file);
    }

    /// <summary>What a pipeline does to its columns before the network, each so that a feature is small.</summary>
    private static readonly Dictionary<string, Func<EstimatorChain<ITransformer>, IEstimator<ITransformer>>> Scalings = new()
    {
        ["by the network itself"] = chain => chain,
        ["all at once"] = chain => chain.Append(Ml.Transforms.NormalizeMeanVariance("Features", fixZero: false)),
        ["all at once, zero kept"] = chain => chain.Append(Ml.Transforms.NormalizeMinMax("Features")),
        ["missing values replaced"] = chain => chain.Append(Ml.Transforms.ReplaceMissingValues("Features")).Append(
            Ml.Transforms.NormalizeMinMax("Features", fixZero: false)),
        ["copied"] = chain => chain.Append(Ml.Transforms.NormalizeRobustScaling("Features"))
            .Append(Ml.Transforms.CopyColumns("Copy", "Features"))
            .Append(Ml.Transforms.CopyColumns("Features", "Copy")),
    };

    public static IEnumerable<object[]> ScalingsAndRows
        => from name in Scalings.Keys from withRows in new[] { false, true } select new object[] { name, withRows };

    [TestMethod]
    [DynamicData(nameof(ScalingsAndRows))]
    public void Export_OfAnInputBeyondFloat16_KeepsItAloneInFloat32(string scaling, bool withRows)
    {
        ITransformer model = Fit("Rooms", Scalings[scaling]);

        OnnxExportReport report = Export(model, withRows, out ModelProto file);

        Assert.AreEqual(
            (OnnxElementType.Float16, OnnxElementType.Float, OnnxElementType.Float16),
            (In(file, "Size"), In(file, "Income"), Out(file)),
            report.ToString());
        StringAssert.Contains(report.Warnings.Single(), "'Income'");
        AssertScoresAsTheModel(model, file);
    }

    [TestMethod]
    [DataRow(false, "in training")]
    [DataRow(true, "in training")]
    public void Export_OfFeaturesThatGoIntoTheNetworkAsTheyAre_GoesByWhatTrainingMet(bool withRows, string says)
    {
        ITransformer model = Fit("Rooms", chain => chain, options =>
            (
                options.FeatureScaling,
                options.LearningRate,
                options.Precision,
                options.RangeProbeInterval) = (FeatureScaling.None, 3e-7f, PrecisionPolicy.Float32, 1));

        OnnxExportReport report = Export(model, withRows, out ModelProto file);

        Assert.AreEqual(OnnxElementType.Float, In(file, "Income"), report.ToString());
        StringAssert.Contains(report.Warnings.First(warning => warning.Contains("'Income'", StringComparison.Ordinal)), says);
        AssertScoresAsTheModel(model, file);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Export_OfAnInputWhoseDifferencesFloat16Loses_KeepsItInFloat32(bool withRows)
    {
        // Near 5000 FP16 has every fourth whole number, and this size is from 4999 to 5001.
        House[] far = [.. Houses.Select(house => new House { Size = 5000 + house.Size, Income = house.Income, Rooms = house.Rooms })];
        IDataView rows = Ml.Data.LoadFromEnumerable(far);
        ITransformer model = Fit("Rooms", chain => chain, rows: rows);

        OnnxExportReport report = Export(model, withRows, out ModelProto file, rows: rows);

        Assert.AreEqual(OnnxElementType.Float, In(file, "Size"));
        StringAssert.Contains(
            report.Warnings.Single(warning => warning.Contains("'Size'", StringComparison.Ordinal)),
            "lie so near each other");
        AssertScoresAsTheModel(model, file, rows);
    }

    [TestMethod]
    public void Export_WithoutPrecisionAwareness_NarrowsAllEdges()
    {
        ITransformer model = Fit("Price", chain => chain.Append(Ml.Transforms.NormalizeMeanVariance("Features")));

        OnnxExportReport report = Export(model, withRows: true, out ModelProto file, options => options.PrecisionAware = false);

        Assert.AreEqual(
            (OnnxElementType.Float16, OnnxElementType.Float16, OnnxElementType.Float16),
            (In(file, "Size"), In(file, "Income"), Out(file)));
        Assert.IsTrue(report.Warnings.Any(warning => warning.Contains("overflow in Float16", StringComparison.Ordinal)), report.ToString());
    }

    /// <summary>A regression on the columns put together and scaled.</summary>
    private static ITransformer Fit(
        string label,
        Func<EstimatorChain<ITransformer>, IEstimator<ITransformer>> scale,
        Action<MlpRegressionTrainer.Options>? change = null,
        IDataView? rows = null)
    {
        var options = new MlpRegressionTrainer.Options
        {
            LabelColumnName = label,
            HiddenLayers = [8],
            BatchSize = 50,
            Epochs = 6,
            LearningRate = 1e-2f,
            Seed = 1,
        };
        change?.Invoke(options);
        var chain = new EstimatorChain<ITransformer>().Append((IEstimator<ITransformer>)Ml.Transforms.Concatenate("Features", Both));
        return new EstimatorChain<ITransformer>()
            .Append<ITransformer>(scale(chain))
            .Append((IEstimator<ITransformer>)Ml.MixedPrecision().Trainers.MlpRegression(options))
            .Fit(rows ?? Rows);
    }

    private static OnnxExportReport Export(
        ITransformer model,
        bool withRows,
        out ModelProto file,
        Action<OnnxExportOptions>? change = null,
        IDataView? rows = null)
    {
        var options = new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true };
        change?.Invoke(options);
        using var stream = new MemoryStream();
        OnnxExportReport report = withRows
            ? Ml.MixedPrecision().Model.ExportToOnnx(model, rows ?? Rows, stream, options)
            : Ml.MixedPrecision().Model.ExportToOnnx(model, Rows.Schema, stream, options);
        file = ModelProto.Parser.ParseFrom(stream.ToArray());
        return report;
    }

    /// <summary>FP16 has 11 bits, inside and at edges: within 2^-7 of the largest score.</summary>
    private static void AssertScoresAsTheModel(ITransformer model, ModelProto file, IDataView? other = null)
    {
        IDataView rows = other ?? Rows;
        float[] expected = [.. model.Transform(rows).GetColumn<float>("Score")];
        float[] actual = [
            .. Ml.MixedPrecision()
                .Transforms.ApplyOnnxModel(Google.Protobuf.MessageExtensions.ToByteArray(file))
                .Fit(rows)
                .Transform(rows)
                .GetColumn<float>("Score.output")];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], expected.Max(Math.Abs) / (1 << 7), $"row {i}");
        }
    }

    private static OnnxElementType In(ModelProto file, string name)
        => (OnnxElementType)file.Graph.Input.Single(input => input.Name == name).Type.TensorType.ElemType;

    private static OnnxElementType Out(ModelProto file)
        => (OnnxElementType)file.Graph.Output.Single(output => output.Name == "Score.output").Type.TensorType.ElemType;

    private sealed class House
    {
        public float Size { get; set; }

        public float Income { get; set; }

        public float Price { get; set; }

        public float Rooms { get; set; }
    }
}
