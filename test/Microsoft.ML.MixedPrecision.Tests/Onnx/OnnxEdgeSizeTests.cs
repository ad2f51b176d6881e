using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>FP16 edges where features or scores are of a size that FP16 does not hold, mostly without rows to measure on.</summary>
[TestClass]
public sealed class OnnxEdgeSizeTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    [DataRow(3e6f, 100, true, DisplayName = "millions, with ranges of training")]
    [DataRow(3e6f, 0, true, DisplayName = "millions, without ranges")]
    [DataRow(10f, 0, true, DisplayName = "tens, without ranges: nothing is known")]
    [DataRow(10f, 100, false, DisplayName = "tens, with ranges")]
    public void Export_OfARegressionWithoutRows_KeepsScoresThatMayBeBeyondFloat16(float size, int probes, bool keeps)
    {
        House[] rows = House.Rows(200, size);
        ITransformer model = Fit(rows, probes);

        OnnxExportReport report = Export(model, rows, hasRows: false, out ModelProto file);

        Assert.AreEqual(keeps ? OnnxElementType.Float : OnnxElementType.Float16, TypeOf(file.Graph.Output.Single()));
        Assert.AreEqual(OnnxElementType.Float16, TypeOf(file.Graph.Input.Single()), "features of up to 1 are of no concern");
        Assert.AreEqual(
            keeps,
            report.Warnings.Any(warning => warning.Contains("'Score.output' stays Float32", StringComparison.Ordinal)),
            report.ToString());
        if (keeps)
        {
            AssertAgrees(model, rows, file, size);
        }
    }

    [TestMethod]
    [DataRow(3e6f, true)]
    [DataRow(1e4f, false)]
    public void Export_OfARegressionWithRows_KeepsScoresThatAreBeyondFloat16(float size, bool keeps)
    {
        House[] rows = House.Rows(200, size);

        OnnxExportReport report = Export(Fit(rows, probes: 100), rows, hasRows: true, out ModelProto file);

        Assert.AreEqual(keeps ? OnnxElementType.Float : OnnxElementType.Float16, TypeOf(file.Graph.Output.Single()));
        double largest = report.Verification!.ModelToFile.LargestDifference!.Value;
        Assert.IsLessThan(size * 0.02, largest, report.ToString());
    }

    [TestMethod]
    public void Export_OfScoresThatALaterStepChanges_KeepsWhatDependsOnThem()
    {
        House[] rows = House.Rows(200, 3e6f);
        ITransformer model = Fit(rows, probes: 100).Append(
            Ml.Transforms.Concatenate("Both", "Score", "Features").Fit(Fit(rows, 100).Transform(Ml.Data.LoadFromEnumerable(rows))));

        Export(model, rows, hasRows: false, out ModelProto file);

        Assert.IsTrue(file.Graph.Output.All(output => TypeOf(output) == OnnxElementType.Float), "a price of 3e6 is in both");
    }

    [TestMethod]
    public void Export_OfFeaturesBeyondFloat16_KeepsThatInput()
    {
        House[] rows = House.Rows(200, 10);
        foreach (House row in rows)
        {
            row.Features[1] *= 1e6f;
        }

        ITransformer model = Fit(rows, probes: 1);

        OnnxExportReport report = Export(model, rows, hasRows: false, out ModelProto file);

        Assert.AreEqual(OnnxElementType.Float, TypeOf(file.Graph.Input.Single()));
        Assert.IsTrue(
            report.Warnings.Any(warning => warning.Contains("'Features' stays Float32", StringComparison.Ordinal)),
            report.ToString());
    }

    [TestMethod]
    public void Export_NotPrecisionAware_MakesEveryEdgeFloat16()
    {
        House[] rows = House.Rows(200, 3e6f);

        Export(Fit(rows, probes: 100), rows, hasRows: false, out ModelProto file, options => options.PrecisionAware = false);

        Assert.AreEqual(OnnxElementType.Float16, TypeOf(file.Graph.Output.Single()), "it was asked for");
    }

    /// <summary>Runs the file on a row at a time and compares with the model, to 2 % of the labels' size: features are rounded to 11 bits,
    /// and so are layers.</summary>
    private static void AssertAgrees(ITransformer model, House[] rows, ModelProto file, float size)
    {
        using var session = new InferenceSession(Google.Protobuf.MessageExtensions.ToByteArray(file));
        float[] expected = [.. model.Transform(Ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("Score")];
        for (int row = 0; row < 20; row++)
        {
            Float16[] features = [.. rows[row].Features.Select(value => new Float16(BitConverter.HalfToUInt16Bits((Half)value)))];
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(features, [1, House.Width]);
            using var run = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, ["Features"], [input], ["Score.output"]);
            Assert.AreEqual(expected[row], results[0].GetTensorDataAsSpan<float>()[0], size * 0.02f, $"row {row}");
        }
    }

    private static OnnxElementType TypeOf(ValueInfoProto value) => (OnnxElementType)value.Type.TensorType.ElemType;

    private static ITransformer Fit(House[] rows, int probes) => Ml.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options
    {
        HiddenLayers = [16],
        BatchSize = 32,
        Epochs = 20,
        Seed = 1,
        Precision = PrecisionPolicy.Float32,
        ValidationFraction = 0,
        RangeProbeInterval = probes,
        Device = ComputeDevice.Cpu,
    }).Fit(Ml.Data.LoadFromEnumerable(rows));

    private static OnnxExportReport Export(
        ITransformer model,
        House[] rows,
        bool hasRows,
        out ModelProto file,
        Action<OnnxExportOptions>? change = null)
    {
        var options = new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true };
        change?.Invoke(options);
        using var stream = new MemoryStream();
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        OnnxExportReport report = hasRows
            ? Ml.MixedPrecision().Model.ExportToOnnx(model, data, stream, options)
            : Ml.MixedPrecision().Model.ExportToOnnx(model, data.Schema, stream, options);
        file = ModelProto.Parser.ParseFrom(stream.ToArray());
        return report;
    }

    /// <summary>A price that is a smooth function of four numbers from 0 to 1.</summary>
    private sealed class House
    {
        public const int Width = 4;

        public float Label { get; set; }

        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        public static House[] Rows(int count, float size)
        {
            var random = new Random(5);
            return [.. Enumerable.Range(0, count).Select(_ =>
            {
                float[] x = [.. Enumerable.Range(0, Width).Select(_ => random.NextSingle())];
                return new House { Features = x, Label = size * (x[0] + (0.5f * x[1] * x[2])) };
            })];
        }
    }
}
