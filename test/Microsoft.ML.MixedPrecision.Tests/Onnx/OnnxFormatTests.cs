using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Trainers;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>What files of each format and operator set hold, and that ONNX Runtime makes of them what the model does.</summary>
[TestClass]
public sealed class OnnxFormatTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(200));
    private static readonly IDataView Unseen = Ml.Data.LoadFromEnumerable(Blob.Rows(1500, seed: 9));

    public static IEnumerable<object[]> Cases =>
        from format in new[] { NumericFormat.Float32, NumericFormat.Float16, NumericFormat.BFloat16 }
        from set in Enum.GetValues<OnnxOperatorSet>()
        from activation in Enum.GetValues<ActivationKind>()
        from normalization in activation == ActivationKind.Relu ? Enum.GetValues<NormalizationKind>() : [NormalizationKind.None]
        select new object[] { format, set, activation, normalization };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Export_InEachFormatAndOperatorSet_ScoresAsTheModelDoes(
        NumericFormat format,
        OnnxOperatorSet set,
        ActivationKind activation,
        NormalizationKind normalization)
    {
        TransformerChain<ITransformer> model = Model(activation, normalization);

        OnnxExportReport report = Export(model, out ModelProto file, options => (options.Format, options.OperatorSet) = (format, set));

        Assert.AreEqual(
            set == OnnxOperatorSet.Wide ? (17L, 8L) : (20L, 9L),
            (file.OpsetImport.Single(import => import.Domain == "").Version, file.IrVersion));
        Assert.AreEqual(
            set == OnnxOperatorSet.Standard && activation is ActivationKind.Gelu or ActivationKind.GeluErf,
            file.Graph.Node.Any(node => node.OpType == "Gelu"));
        // Scores are probabilities: an error e of the logits changes them by at most e/2. FP16 rounds to 2^-11, BF16 weights to 2^-9.
        Assert.IsLessThan(
            format switch { NumericFormat.Float32 => 3e-6, NumericFormat.Float16 => 8e-3, _ => 4e-2 },
            report.Verification!.ModelToFile.LargestDifference!.Value,
            report.ToString());
        Assert.IsGreaterThan(0.99, report.Verification.ModelToFile.LabelAgreement!.Value);
        Assert.AreEqual(
            format != NumericFormat.Float32,
            report.Verification.Float32ToFile is { LargestDifference: > 1e-6 },
            "16 bits must show");
        Assert.AreEqual(format == NumericFormat.Float16, report.Verification.Float32ToFloat16 is not null);
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16, OnnxElementType.Float16)]
    [DataRow(NumericFormat.BFloat16, OnnxElementType.BFloat16)]
    public void Export_In16Bits_HalvesTheFile(NumericFormat format, object type)
    {
        TransformerChain<ITransformer> model = Model(ActivationKind.Relu, NormalizationKind.None, hidden: 300);

        OnnxExportReport report = Export(model, out ModelProto file, options => options.Format = format);

        Assert.IsLessThan(0.55, (double)report.FileBytes / report.Float32Bytes!.Value, report.ToString());
        Assert.IsTrue(
            file.Graph.Node.Where(node => node.OpType == "Constant").All(
                node => node.Find("value")!.T.DataType == (int)(OnnxElementType)type));
        Assert.HasCount(6, file.Graph.Node.Where(node => node.OpType == "Constant").ToArray(), "weights and biases of three products");
    }

    [TestMethod]
    public void Linear_InBFloat16_RoundsWeightsToNearestEvenAndSaturates()
    {
        // BF16 has 8 significant bits: above 256 it has every second whole number, and 257 and 259 are ties.
        var graph = new OnnxGraphBuilder();
        OnnxNetworkWriter writer = OnnxFiles.Writer(graph, OnnxArithmetic.BFloat16Weights);
        OnnxValue y = writer.Linear(graph.AddInput("x", OnnxElementType.Float, 1), [257, 259, float.MaxValue], [0, 0, 0], 1, 3, "layer");
        graph.AddOutput(y, 3);

        CollectionAssert.AreEqual(new[] { 256f, 260f, 3.3895314e38f }, OnnxFiles.Run(OnnxFiles.Finish(graph), [1f], 1, y.Name));
        Assert.AreEqual(1, writer.SaturatedWeights);
    }

    [TestMethod]
    public void Export_WithFloat16Edges_TakesAndGivesFloat16()
    {
        TransformerChain<ITransformer> model = Model(ActivationKind.Relu, NormalizationKind.None);

        OnnxExportReport report = Export(
            model,
            out ModelProto file,
            options => (options.Format, options.Float16Edges) = (NumericFormat.Float16, true));

        using var session = new InferenceSession(file.ToByteArray());
        Assert.AreEqual(typeof(Float16), session.InputMetadata["Features"].ElementType);
        Assert.AreEqual(typeof(Float16), session.OutputMetadata["Score.output"].ElementType);
        Assert.AreEqual(typeof(uint), session.OutputMetadata["PredictedLabel.output"].ElementType);
        Assert.IsLessThan(0.03, report.Verification!.ModelToFile.LargestDifference!.Value,
            "features in FP16 differ by up to 2^-11 of their size");
        Assert.IsGreaterThan(1e-5, report.Verification.ModelToFile.LargestDifference.Value);

        float[] features = Unseen.GetColumn<float[]>("Features").First();
        Float16[] narrow = [.. features.Select(value => new Float16(BitConverter.HalfToUInt16Bits((Half)value)))];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(narrow, [1, Blob.FeatureCount]);
        using var run = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> scores = session.Run(run, ["Features"], [input], ["Score.output"]);
        float[] expected = model.Transform(Unseen).GetColumn<float[]>("Score").First();
        ReadOnlySpan<Half> actual = MemoryMarshal.Cast<Float16, Half>(scores[0].GetTensorDataAsSpan<Float16>());
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], (float)actual[i], 0.03f);
        }
    }

    [TestMethod]
    public void Export_OfTheNetworkAloneWithFloat16Edges_HasNoCastsThatUndoEachOther()
    {
        // Without a step before it, the network's own cast meets that of the edge.
        ITransformer network = Ml.MixedPrecision()
            .Trainers.MlpMulticlass(
                Blob.Options(options => (options.Precision, options.FeatureScaling) = (PrecisionPolicy.Float32, FeatureScaling.None)))
            .Fit(Blob.Preparation(Ml).Fit(Train).Transform(Train));
        IDataView rows = Blob.Preparation(Ml).Fit(Train).Transform(Unseen);
        using var stream = new MemoryStream();
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            network,
            rows,
            stream,
            new OnnxExportOptions { Format = NumericFormat.Float16, Float16Edges = true });

        ModelProto file = ModelProto.Parser.ParseFrom(stream.ToArray());
        NodeProto cast = file.Graph.Node.Single(node => node.OpType == "Cast" && node.Input[0] == "Features");
        string[] readers = [.. file.Graph.Node.Where(node => node.Input.Contains(cast.Output[0])).Select(node => node.Name)];
        CollectionAssert.AreEqual(
            new[] { "features.finite" }, readers, "only the search for infinities reads FP32, the first product FP16");
        Assert.IsLessThan(8e-3, report.Verification!.ModelToFile.LargestDifference!.Value);
    }

    [TestMethod]
    public void Report_OfARun_SaysItInWordsToo()
    {
        string text = Export(
            Model(ActivationKind.Relu, NormalizationKind.LayerNorm),
            out _,
            options => options.Format = NumericFormat.Float16).ToString();

        foreach (string part in (string[])["% of ", "hidden.0.norm", "LayerNormalization", "in every file", "as asked for",
            "Float32 to Float16 with every result rounded", "layer", "in training", "on rows"])
        {
            StringAssert.Contains(text, part);
        }
    }

    /// <summary>Pipelines fitted once: training is not what is tested.</summary>
    private static TransformerChain<ITransformer> Model(ActivationKind activation, NormalizationKind normalization, int hidden = 16)
        => Blob.Preparation(Ml).Append<ITransformer>(Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
        {
            (options.HiddenLayers, options.Activation, options.Normalization) = ([hidden, hidden], activation, normalization);
            options.Precision = PrecisionPolicy.Float32;
        }))).Fit(Train);

    private static OnnxExportReport Export(ITransformer model, out ModelProto file, Action<OnnxExportOptions> change)
    {
        var options = new OnnxExportOptions();
        change(options);
        using var stream = new MemoryStream();
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, Unseen, stream, options);
        file = ModelProto.Parser.ParseFrom(stream.ToArray());
        stream.Position = 0;
        CollectionAssert.AreEqual(report.Outputs.ToArray(), Ml.MixedPrecision().Model.CheckOnnx(stream).Outputs.ToArray(),
            "the check of files of unknown origin accepts what is exported");
        return report;
    }
}
