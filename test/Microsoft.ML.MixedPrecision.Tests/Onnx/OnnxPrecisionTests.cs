using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>An export to FP16 keeps in FP32 what FP16 does not suit: by what training met, by what rows show, and until limits are
/// met.</summary>
[TestClass]
public sealed class OnnxPrecisionTests
{
    private const float Overfull = 1 << 14;
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Blob[] TrainRows = Blob.Rows(300);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(TrainRows);
    private static readonly IDataView Unseen = Ml.Data.LoadFromEnumerable(Blob.Rows(3000, seed: 9));

    /// <summary>The layers that make or read the overfull activations.</summary>
    private static readonly string[] Offending = ["hidden.0", "hidden.0.activation", "hidden.1"];

    [TestMethod]
    public void Export_OfOverfullNetworkInFloat16Throughout_Disagrees()
    {
        OnnxExportReport report = Export(Network(Overfull, probes: false), Unseen, options => options.PrecisionAware = false);

        Assert.IsTrue(report.Layers.Where(layer => layer.Operator != "Softmax").All(layer => layer.Format == NumericFormat.Float16));
        Assert.AreEqual(double.PositiveInfinity, report.Verification!.Float32ToFloat16!.LargestDifference, "the activations overflow");
        Assert.IsTrue(report.Warnings.Any(warning => warning.Contains("overflow in Float16", StringComparison.Ordinal)), report.ToString());
    }

    [TestMethod]
    [DataRow(true, "in training", DisplayName = "known from training")]
    [DataRow(false, "on the rows given", DisplayName = "seen on the rows")]
    public void Export_OfOverfullNetwork_KeepsTheOffendingPartInFloat32AndAgrees(bool probes, string where)
    {
        OnnxExportReport report = Export(Network(Overfull, probes), Unseen);

        AssertOffendingInFloat32(report, where);
        Assert.IsLessThan(5e-3, report.Verification!.Float32ToFloat16!.LargestDifference!.Value);
        Assert.IsGreaterThan(1e-7, report.Verification.Float32ToFloat16.LargestDifference.Value, "the rest is in FP16");
        Assert.IsGreaterThan(0.999, report.Verification.ModelToFile.LabelAgreement!.Value);
    }

    [TestMethod]
    public void Export_WithoutRows_GoesByWhatTrainingMet()
    {
        ITransformer model = Network(Overfull, probes: true);
        using var file = new MemoryStream();
        Ml.Model.Save(model, Train.Schema, file);
        ITransformer loaded = Ml.Model.Load(file, out _);

        foreach (ITransformer known in (ITransformer[])[model, loaded])
        {
            using var stream = new MemoryStream();
            OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
                known,
                Train.Schema,
                stream,
                new OnnxExportOptions { Format = NumericFormat.Float16 });
            AssertOffendingInFloat32(report, "in training");
            Assert.IsEmpty(report.Warnings);
        }
    }

    [TestMethod]
    public void Export_WithoutRowsOrProbes_WarnsThatNothingIsKnown()
    {
        using var stream = new MemoryStream();
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            Network(Overfull, probes: false),
            Train.Schema,
            stream,
            new OnnxExportOptions { Format = NumericFormat.Float16 });

        Assert.IsTrue(report.Warnings.Single().Contains("RangeProbeInterval", StringComparison.Ordinal), report.ToString());
    }

    [TestMethod]
    public void Export_OfTinyActivations_KeepsThemInFloat32()
    {
        OnnxExportReport report = Export(Network(1f / (1 << 22), probes: true), Unseen);

        CollectionAssert.AreEquivalent(Offending, Float32Layers(report));
        StringAssert.Contains(
            report.Layers.Single(layer => layer.Name == "hidden.0.activation").Reason,
            "under FP16's smallest normal, 6.1E-05");
        Assert.IsGreaterThan(0.5, report.Layers.Single(layer => layer.Name == "hidden.0.activation").BelowNormalInTraining!.Value);
    }

    [TestMethod]
    public void Export_OfAWeightBeyondFloat16_KeepsItsLayer()
    {
        ITransformer model = Network(1, probes: true);
        Parameters(model)[0].Values[3] = 70000;

        StringAssert.Contains(Export(model, Train).Layers[0].Reason, "a weight of 7E+04 is beyond");
    }

    [TestMethod]
    public void Export_WithALimitOfDifference_KeepsLayersUntilItIsMet()
    {
        ITransformer model = Network(1, probes: true);
        double free = Export(model, Unseen).Verification!.Float32ToFloat16!.LargestDifference!.Value;
        double limit = 0.6 * free;

        OnnxExportReport report = Export(model, Unseen, options => options.MaxDifference = limit);

        Assert.IsLessThanOrEqualTo(limit, report.Verification!.Float32ToFloat16!.LargestDifference!.Value);
        OnnxLayerReport[] kept = [.. report.Layers.Where(layer => layer.Reason.Contains("MaxDifference", StringComparison.Ordinal))];
        Assert.IsNotEmpty(kept);
        Assert.IsTrue(kept.All(layer => layer.Format == NumericFormat.Float32 && layer.Alone is { LargestDifference: > 0 }));
        Assert.IsTrue(report.Layers.Any(layer => layer.Format == NumericFormat.Float16), "no more than needed: each layer has a share "
            + "in the difference");
        double leastKept = kept.Min(layer => layer.Alone!.LargestDifference!.Value);
        Assert.IsTrue(
            report.Layers.Where(layer => layer.Format == NumericFormat.Float16).All(layer => layer.Alone!.LargestDifference <= leastKept),
            "those that change most are kept first");
    }

    [TestMethod]
    public void Export_WithALimitOfZero_KeepsAllLayersAndChangesNothing()
    {
        OnnxExportReport report = Export(Network(1, probes: true), Unseen, options => options.MaxDifference = 0);

        Assert.IsTrue(report.Layers.All(layer => layer.Format == NumericFormat.Float32));
        Assert.AreEqual(0.0, report.Verification!.Float32ToFloat16!.LargestDifference);
    }

    [TestMethod]
    public void Export_WithALimitOfAgreement_KeepsLayersUntilItIsMet()
    {
        // Rows so near the border of two classes that rounding decides: all the same, but for the last bits.
        ITransformer model = Network(1, probes: true, epochs: 1);
        IDataView rows = Ml.Data.LoadFromEnumerable(NearBorder(model));
        double free = Export(model, rows).Verification!.Float32ToFloat16!.LabelAgreement!.Value;
        Assert.IsLessThan(0.9, free, "the test needs labels that FP16 changes");

        OnnxExportReport report = Export(model, rows, options => options.MinAgreement = 1);

        Assert.AreEqual(1.0, report.Verification!.Float32ToFloat16!.LabelAgreement);
        Assert.IsTrue(report.Layers.Any(layer => layer.Reason.Contains("MinAgreement is 1", StringComparison.Ordinal)), report.ToString());
    }

    [TestMethod]
    public void Export_WithRows_ReportsTheRangesThatTheFormulaGives()
    {
        ITransformer model = Network(1, probes: true);
        double[] largest = LargestByFormula(model, Unseen), inTraining = LargestByFormula(model, Train);

        OnnxExportReport report = Export(model, Unseen);

        for (int i = 0; i < 2; i++)
        {
            OnnxLayerReport layer = report.Layers.Single(layer => layer.Name == $"hidden.{i}.activation");
            Assert.AreEqual(largest[i], layer.LargestOnRows!.Value, 1e-5 * largest[i]);
            // Probes see batches in training's format, before the step that ends the epoch: near the final weights, never above twice.
            Assert.IsTrue(layer.LargestInTraining > 0.7 * inTraining[i] && layer.LargestInTraining < 2 * inTraining[i],
                $"{layer.LargestInTraining} against {inTraining[i]}");
        }
    }

    [TestMethod]
    public void Export_OfATrainedNetwork_CarriesPolicyLossScaleRangesAndReport()
    {
        ITransformer model = Network(1, probes: true);
        TrainingResult training = Trained(model).Training!;
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            model,
            Unseen,
            stream,
            new OnnxExportOptions { Format = NumericFormat.Float16 });

        ModelProto file = ModelProto.Parser.ParseFrom(stream.ToArray());
        Dictionary<string, string> metadata = file.MetadataProps.ToDictionary(entry => entry.Key, entry => entry.Value);
        Assert.AreEqual("Microsoft.ML.MixedPrecision", file.ProducerName);
        Assert.AreEqual(report.FileBytes, stream.Length);
        Assert.AreEqual(training.Precision.ToString(), metadata["mixedprecision.policy"]);
        Assert.AreEqual(
            training.Steps,
            JsonDocument.Parse(metadata["mixedprecision.loss_scale"]).RootElement.GetProperty("Steps").GetInt64());
        Assert.AreEqual(
            training.FinalLossScale,
            JsonDocument.Parse(metadata["mixedprecision.loss_scale"]).RootElement.GetProperty("Final").GetSingle());
        CollectionAssert.AreEqual(
            training.Ranges.Select(range => range.Name).ToArray(),
            JsonDocument.Parse(metadata["mixedprecision.ranges"])
                .RootElement.EnumerateArray()
                .Select(range => range.GetProperty("Name").GetString())
                .ToArray());
        Assert.AreEqual("Float16", metadata["mixedprecision.format"]);

        JsonElement kept = JsonDocument.Parse(metadata["mixedprecision.report"])
            .RootElement, whole = JsonDocument.Parse(report.ToJson())
            .RootElement;
        Assert.IsFalse(kept.TryGetProperty("FileBytes", out _), "a size that the report itself changes");
        Assert.AreEqual(report.FileBytes, whole.GetProperty("FileBytes").GetInt64());
        Assert.AreEqual(report.Layers.Count, kept.GetProperty("Layers").GetArrayLength());
        Assert.AreEqual(report.Verification!.Rows, kept.GetProperty("Verification").GetProperty("Rows").GetInt64());
        Assert.AreEqual(
            report.Verification.Float32ToFloat16!.LargestDifference,
            whole.GetProperty("Verification").GetProperty("Float32ToFloat16").GetProperty("LargestDifference").GetDouble());
    }

    [TestMethod]
    [DynamicData(nameof(Contradictions))]
    public void Export_WithContradictingOptions_SaysWhichAndWhatToDo(string part, bool withRows, Action<OnnxExportOptions> change)
    {
        var options = new OnnxExportOptions { Format = NumericFormat.Float16 };
        change(options);
        using var stream = new MemoryStream();
        MixedPrecisionModelCatalog export = Ml.MixedPrecision().Model;

        var error = Assert.Throws<ArgumentException>(
            () => withRows
                ? export.ExportToOnnx(Network(1, probes: false), Unseen, stream, options)
                : export.ExportToOnnx(Network(1, probes: false), Train.Schema, stream, options));

        StringAssert.Contains(error.Message, part);
        Assert.AreEqual(0, stream.Length);
    }

    public static IEnumerable<object[]> Contradictions =>
    [
        ["give data", false, (Action<OnnxExportOptions>)(o => o.MaxDifference = 1)],
        ["at least 0", true, (Action<OnnxExportOptions>)(o => o.MaxDifference = -1)],
        ["at least 0", true, (Action<OnnxExportOptions>)(o => o.MaxDifference = double.NaN)],
        ["from 0 to 1", true, (Action<OnnxExportOptions>)(o => o.MinAgreement = 1.5)],
        ["PrecisionAware = false", true, (Action<OnnxExportOptions>)(o => (o.PrecisionAware, o.MinAgreement) = (false, 1))],
        [
            "Format = Float16; it is Float32",
            true,
            (Action<OnnxExportOptions>)(o => (o.Format, o.MinAgreement) = (NumericFormat.Float32, 1))],
        [
            "Float16Edges is for Format = Float16",
            true,
            (Action<OnnxExportOptions>)(o => (o.Format, o.Float16Edges) = (NumericFormat.BFloat16, true))],
        ["computes no label", true, (Action<OnnxExportOptions>)(o => (o.OutputColumns, o.MinAgreement) = (["Score"], 1))],
        ["computes no scores", true, (Action<OnnxExportOptions>)(o => (o.OutputColumns, o.MaxDifference) = (["PredictedLabel"], 1))],
        ["Standard or Wide", true, (Action<OnnxExportOptions>)(o => o.OperatorSet = (OnnxOperatorSet)7)],
    ];

    private static void AssertOffendingInFloat32(OnnxExportReport report, string where)
    {
        CollectionAssert.AreEquivalent(Offending, Float32Layers(report), report.ToString());
        foreach (string layer in Offending)
        {
            string reason = report.Layers.Single(entry => entry.Name == layer).Reason;
            StringAssert.Contains(reason, "FP16 ends at 65504");
            // The product is fused with its activation in training, so that only rows show it itself.
            StringAssert.Contains(reason, layer == "hidden.0" && where == "in training" ? "reaches" : where);
        }
    }

    private static string[] Float32Layers(OnnxExportReport report)
        => [.. report.Layers
            .Where(layer => layer.Format == NumericFormat.Float32 && layer.Operator != "Softmax")
            .Select(layer => layer.Name)];

    private static OnnxExportReport Export(ITransformer model, IDataView rows, Action<OnnxExportOptions>? change = null)
    {
        var options = new OnnxExportOptions { Format = NumericFormat.Float16 };
        change?.Invoke(options);
        return Ml.MixedPrecision().Model.ExportToOnnx(model, rows, Stream.Null, options);
    }

    /// <summary>A trained network of two hidden layers whose first one's activations are scaled, and scaled back in the second: by a power
    /// of two, so that
    /// its scores are bit for bit those without. It is then trained for one more epoch that changes next to nothing, to meet its
    /// values.</summary>
    private static TransformerChain<ITransformer> Network(float scale, bool probes, int epochs = 6)
    {
        TransformerChain<ITransformer> preparation = Blob.Preparation(Ml).Fit(Train);
        IDataView rows = preparation.Transform(Train);
        NetworkMulticlassTransformer first = Ml.MixedPrecision().Trainers.MlpMulticlass(Options(epochs, 2e-2f, probes)).Fit(rows);
        if (scale != 1)
        {
            Scale(first, scale);
            first = Ml.MixedPrecision().Trainers.MlpMulticlass(Options(1, 1e-12f, probes)).Fit(rows, null, first);
        }

        return new TransformerChain<ITransformer>(preparation, first);
    }

    private static MlpMulticlassTrainer.Options Options(int epochs, float rate, bool probes) => new()
    {
        HiddenLayers = [16, 12],
        BatchSize = 50,
        Epochs = epochs,
        LearningRate = rate,
        WeightDecay = 0,
        Activation = ActivationKind.Relu,
        MissingValues = MissingValues.Reject,
        Seed = 1,
        Device = ComputeDevice.Cpu,
        Precision = PrecisionPolicy.Float32,
        RangeProbeInterval = probes ? 1 : 0,
        FeatureScaling = FeatureScaling.None,
    };

    private static void Scale(NetworkMulticlassTransformer model, float scale)
    {
        IReadOnlyList<Parameter> parameters = ((INetworkModel)model.Model).Network.Network.Parameters;
        foreach (int i in (int[])[0, 1])
        {
            parameters[i].Values.Select(value => value * scale).ToArray().CopyTo(parameters[i].Values, 0);
        }

        parameters[2].Values.Select(value => value / scale).ToArray().CopyTo(parameters[2].Values, 0);
    }

    private static NetworkMulticlassTransformer Trained(ITransformer model)
        => ((TransformerChain<ITransformer>)model).OfType<NetworkMulticlassTransformer>().Single();

    private static IReadOnlyList<Parameter> Parameters(ITransformer model)
        => ((INetworkModel)Trained(model).Model).Network.Network.Parameters;

    /// <summary>max |relu(W·x + b)| of both hidden layers in double precision.</summary>
    private static double[] LargestByFormula(ITransformer model, IDataView rows)
    {
        IReadOnlyList<Parameter> parameters = Parameters(model);
        var largest = new double[2];
        foreach (float[] features in model.Transform(rows).GetColumn<float[]>("Features"))
        {
            double[] x = [.. features.Select(value => (double)value)];
            for (int layer = 0; layer < 2; layer++)
            {
                Parameter weight = parameters[2 * layer];
                float[] bias = parameters[(2 * layer) + 1].Values;
                x = [.. Enumerable.Range(0, weight.Rows).Select(row => Math.Max(
                    0,
                    bias[row] + x.Select((value, column) => value * weight.Values[(row * weight.Columns) + column]).Sum()))];
                largest[layer] = Math.Max(largest[layer], x.Max());
            }
        }

        return largest;
    }

    /// <summary>Rows between two of different label, by bisection until the features' last bits.</summary>
    private static Blob[] NearBorder(ITransformer model)
    {
        Blob[] rows = Blob.Rows(60, seed: 5);
        uint[] labels = Labels(model, rows);
        Blob one = rows[0], other = rows[Array.FindIndex(labels, label => label != labels[0])];
        for (int i = 0; i < 16; i++)
        {
            Blob middle = Between(one, other, 0.5f);
            (one, other) = Labels(model, [middle])[0] == labels[0] ? (middle, other) : (one, middle);
        }

        return [.. Enumerable.Range(0, 400).Select(i => Between(one, other, i / 400f))];
    }

    private static uint[] Labels(ITransformer model, Blob[] rows)
        => [.. model.Transform(Ml.Data.LoadFromEnumerable(rows)).GetColumn<uint>("PredictedLabel")];

    private static Blob Between(Blob one, Blob other, float share)
        => new() { Kind = "red", Features = [.. one.Features.Zip(other.Features, (a, b) => a + (share * (b - a)))] };
}
