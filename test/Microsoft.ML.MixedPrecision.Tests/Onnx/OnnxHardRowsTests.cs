using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Exports to FP16 with rows, edges and labels that FP16 does not suit, or that only seem so.</summary>
[TestClass]
public sealed class OnnxHardRowsTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(200));

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Export_WithARowWithoutAFeature_KeepsNoLayerForIt(float missing)
    {
        // NaN is NaN in FP16 too: FP32 layers would gain nothing.
        Blob[] rows = Blob.Rows(300, seed: 9);
        rows[7].Features[2] = missing;

        OnnxExportReport report = Export(Multiclass(), Ml.Data.LoadFromEnumerable(rows), out _);

        Assert.IsTrue(
            report.Layers.Where(layer => layer.Operator != "Softmax").All(layer => layer.Format == NumericFormat.Float16),
            report.ToString());
        Assert.IsTrue(report.Layers.All(layer => double.IsFinite(layer.LargestOnRows!.Value)), "the largest of the finite values");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Export_OfAModelThatIsSureOfNo_KeepsItsProductInFloat16(bool probes)
    {
        // Probabilities are near e^-15 = 3e-7, under FP16's smallest normal; they are FP32 in every file, and the score -15 suits FP16
        // well.
        ITransformer model = Binary(probes);

        OnnxExportReport report = Export(model, Flags(100), out _);

        Assert.AreEqual(NumericFormat.Float16, report.Layers.Single(layer => layer.Name == "output").Format, report.ToString());
        Assert.IsGreaterThan(
            0.5,
            report.Layers.Single(layer => layer.Name == "probability").BelowNormalOnRows!.Value,
            "the test needs tiny probabilities");
    }

    [TestMethod]
    public void Export_WithFloat16EdgesAndALabelThatIsANumber_KeepsTheLabelExact()
    {
        // 2049.25 is not an FP16 number.
        IDataView rows = Ml.Data.LoadFromEnumerable(
            Blob.Rows(200).Select(row => new Numbered { Features = row.Features, Price = row.Kind == "red" ? 2049.25f : 3 }).ToArray());
        ITransformer model = new EstimatorChain<ITransformer>()
            .Append((IEstimator<ITransformer>)Ml.Transforms.Conversion.MapValueToKey("Label", "Price"))
            .Append((IEstimator<ITransformer>)Ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options()))
            .Append((IEstimator<ITransformer>)Ml.Transforms.Conversion.MapKeyToValue("PredictedPrice", "PredictedLabel"))
            .Fit(rows);

        OnnxExportReport report = Export(model, rows, out ModelProto file, options => options.Float16Edges = true);

        Assert.AreEqual(
            (int)OnnxElementType.Float,
            file.Graph.Output.Single(output => output.Name == "PredictedPrice.output").Type.TensorType.ElemType);
        Assert.AreEqual(
            (int)OnnxElementType.Float16,
            file.Graph.Output.Single(output => output.Name == "Score.output").Type.TensorType.ElemType);
        Assert.IsGreaterThan(0.99, report.Verification!.ModelToFile.LabelAgreement!.Value, report.ToString());
    }

    [TestMethod]
    public void Export_WithFloat16EdgesAndFeaturesBeyondThem_KeepsThemInFloat32AndWarns()
    {
        // A step before the network brings them into range, so that no layer of the network meets them.
        Blob[] rows = Blob.Rows(200);
        foreach (Blob row in rows)
        {
            row.Features[3] *= 1e4f;
        }

        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        ITransformer model = Blob.Preparation(Ml)
            .Append<ITransformer>(Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options()))
            .Fit(data);

        OnnxExportReport inside = Export(model, data, out _), atEdges = Export(
            model,
            data,
            out ModelProto file,
            options => options.Float16Edges = true);
        OnnxExportReport narrowed = Export(model, data, out _, options => (options.Float16Edges, options.PrecisionAware) = (true, false));

        Assert.IsEmpty(inside.Warnings);
        StringAssert.Contains(atEdges.Warnings.Single(), "'Features' stays Float32");
        Assert.AreEqual((int)OnnxElementType.Float, file.Graph.Input.Single().Type.TensorType.ElemType);
        Assert.IsLessThan(0.01, atEdges.Verification!.Float32ToFloat16!.LargestDifference!.Value, "scores are rounded, no more");
        Assert.AreEqual(
            double.PositiveInfinity,
            narrowed.Verification!.Float32ToFloat16!.LargestDifference,
            "features of 1e6 are infinite in FP16");
        Assert.IsTrue(
            narrowed.Warnings.Any(warning => warning.Contains("overflow in Float16", StringComparison.Ordinal)),
            narrowed.ToString());
    }

    [TestMethod]
    public void Export_WithFloat16EdgesAndALimit_CountsWhatTheEdgesChange()
    {
        ITransformer model = Multiclass();
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(500, seed: 9));
        double free = Export(model, rows, out _, options => options.Float16Edges = true)
            .Verification!.Float32ToFloat16!.LargestDifference!.Value;

        OnnxExportReport report = Export(model, rows, out _, options => (options.Float16Edges, options.MaxDifference) = (true, free));

        // Scores near 1 are 2^-11 apart in FP16, so that rounding to nearest changes some by nearly 2^-12.
        Assert.IsGreaterThan(0.8 / (1 << 12), free);
        Assert.AreEqual(free, report.Verification!.Float32ToFloat16!.LargestDifference);
        Assert.IsTrue(report.Layers.Any(layer => layer.Format == NumericFormat.Float16), "the limit is met without keeping any");
        var error = Assert.Throws<InvalidOperationException>(
            () => Export(model, rows, out _, options => (options.Float16Edges, options.MaxDifference) = (true, 1e-9)));
        StringAssert.Contains(error.Message, "Float16Edges");
    }

    [TestMethod]
    public void Export_OfVeryWideRows_ComparesFewAtATime()
    {
        // 1024 rows of 2.2 million values are more than an array holds.
        var random = new Random(3);
        IDataView rows = Ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, 3)
                .Select(
                    i => new WideRow
                    {
                        Label = i,
                        Features = [.. Enumerable.Range(0, WideRow.Width).Select(_ => random.NextSingle() / WideRow.Width)],
                    })
                .ToArray());
        var options = new MlpRegressionTrainer.Options
        {
            HiddenLayers = [1],
            BatchSize = 3,
            Epochs = 1,
            Seed = 1,
            Device = ComputeDevice.Cpu,
            Precision = PrecisionPolicy.Float32,
            FeatureScaling = FeatureScaling.None,
        };

        OnnxExportReport report = Export(
            Ml.MixedPrecision().Trainers.MlpRegression(options).Fit(rows),
            rows,
            out _,
            export => export.Format = NumericFormat.Float32);

        Assert.AreEqual(3, report.Verification!.Rows, report.NotVerified);
        Assert.IsLessThan(1e-3, report.Verification.ModelToFile.LargestDifference!.Value);
    }

    [TestMethod]
    public void Export_OfTwoNetworks_ChoosesInTheOneThatOverflows()
    {
        var first = new EstimatorChain<ITransformer>()
            .Append<ITransformer>(Blob.Preparation(Ml))
            .Append<ITransformer>(
                Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options => options.Precision = PrecisionPolicy.Float32)))
            .Append<ITransformer>(Ml.Transforms.Concatenate("Both", "Features", "Score"))
            .Fit(Train);
        IDataView rows = first.Transform(Train);
        MlpMulticlassTrainer.Options ofSecond = Blob.Options(
            options => (options.FeatureColumnName, options.Precision) = ("Both", PrecisionPolicy.Float32));
        NetworkMulticlassTransformer second = Ml.MixedPrecision().Trainers.MlpMulticlass(ofSecond).Fit(rows);
        foreach ((int parameter, float factor) in ((int, float)[])[(0, 1 << 14), (1, 1 << 14), (2, 1f / (1 << 14))])
        {
            float[] values = ((INetworkModel)second.Model).Network.Network.Parameters[parameter].Values;
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= factor;
            }
        }

        (ofSecond.LearningRate, ofSecond.Epochs, ofSecond.RangeProbeInterval) = (1e-12f, 1, 1);
        var both = new TransformerChain<ITransformer>(first, Ml.MixedPrecision().Trainers.MlpMulticlass(ofSecond).Fit(rows, null, second));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            both,
            Train.Schema,
            stream,
            new OnnxExportOptions { Format = NumericFormat.Float16 });

        CollectionAssert.AreEquivalent(
            new[] { "2:hidden.0", "2:hidden.0.activation", "2:output" },
            report.Layers.Where(layer => layer.Format == NumericFormat.Float32 && layer.Operator != "Softmax")
                .Select(layer => layer.Name)
                .ToArray(),
            report.ToString());
        string[] keys = [.. ModelProto.Parser.ParseFrom(stream.ToArray()).MetadataProps.Select(entry => entry.Key)];
        CollectionAssert.IsSubsetOf(new[] { "mixedprecision.ranges", "2:mixedprecision.ranges" }, keys);
    }

    private static ITransformer Multiclass()
        => Blob.Preparation(Ml)
            .Append<ITransformer>(
                Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options => options.Precision = PrecisionPolicy.Float32)))
            .Fit(Train);

    /// <summary>A trained network whose last bias is then 15 lower; with probes trained for one more epoch that changes next to nothing, to
    /// meet its values.</summary>
    private static ITransformer Binary(bool probes)
    {
        IDataView rows = Flags(200);
        var options = new MlpBinaryTrainer.Options
        {
            HiddenLayers = [8],
            BatchSize = 50,
            Epochs = 2,
            LearningRate = 1e-3f,
            Seed = 1,
            Precision = PrecisionPolicy.Float32,
            RangeProbeInterval = 0,
        };
        NetworkBinaryTransformer model = Ml.MixedPrecision().Trainers.MlpBinary(options).Fit(rows);
        float[] bias = ((INetworkModel)model.Model).Network.Network.OutputLayer.Bias.Values;
        bias[0] -= 15;
        if (!probes)
        {
            return model;
        }

        (options.RangeProbeInterval, options.Epochs, options.LearningRate) = (1, 1, 1e-12f);
        return Ml.MixedPrecision().Trainers.MlpBinary(options).Fit(rows, null, model);
    }

    private static IDataView Flags(int count)
        => Ml.Data.LoadFromEnumerable(
            Blob.Rows(count).Select(
                row => new Flag { Features = [.. row.Features.Select(value => value / 100)], Label = row.Kind == "red" }).ToArray());

    private static OnnxExportReport Export(
        ITransformer model,
        IDataView rows,
        out ModelProto file,
        Action<OnnxExportOptions>? change = null)
    {
        var options = new OnnxExportOptions { Format = NumericFormat.Float16 };
        change?.Invoke(options);
        using var stream = new MemoryStream();
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, rows, stream, options);
        file = ModelProto.Parser.ParseFrom(stream.ToArray());
        return report;
    }

    private sealed class Flag
    {
        public bool Label { get; set; }

        [VectorType(Blob.FeatureCount)]
        public float[] Features { get; set; } = [];
    }

    private sealed class WideRow
    {
        public const int Width = 2_200_000;

        public float Label { get; set; }

        [VectorType(Width)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Numbered
    {
        public float Price { get; set; }

        [VectorType(Blob.FeatureCount)]
        public float[] Features { get; set; } = [];
    }
}
