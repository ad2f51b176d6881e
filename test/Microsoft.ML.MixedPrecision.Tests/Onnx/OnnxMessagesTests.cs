using System.Globalization;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Pipeline;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Numbers in messages are the same in every culture: Arabic's minus sign, for one, begins with a character that no terminal
/// shows.</summary>
[TestClass]
public sealed class OnnxMessagesTests
{
    private const OnnxElementType Float = OnnxElementType.Float;
    private static readonly MLContext Ml = new();

    private static readonly Dictionary<string, (Action Act, string Says)> Refusals = new()
    {
        ["threads"] = (() => Apply(Good(), new() { NumberOfThreads = -1 }), "NumberOfThreads is -1; it must be 1 to 1024, or null for "
            + "all cores."),
        ["batch"] = (() => Apply(Good(), new() { BatchSize = -5 }), "BatchSize is -5; it must be at least 1"),
        ["batch of the check"] = (() => Check(Good(), batchSize: -5), "batchSize is -5; it must be at least 1"),
        ["bytes"] = (() => Check(Good(), new() { MaxBytes = -1 }), "at most -1 is allowed"),
        ["nodes"] = (() => Check(Good(), new() { MaxNodes = -1 }), "at most -1 is allowed"),
        ["dimensions"] = (
            () => Check(Good().With(model => model.Graph.Initializer.Add(new TensorProto { Name = "w", DataType = 1, Dims = { -1, 2 } }))),
            "dimensions (-1, 2)"),
        ["attribute"] = (
            () => Check(Good().Node("Softmax", "x", "z", node => node.With("axis", long.MinValue))),
            "is -9223372036854775808"),
        ["axis"] = (
            () => Check(Good().Node("Softmax", "x", "s").Node("Transpose", "s", "z", node => node.With("perm", [-1L, 0]))),
            "perm (-1, 0)"),
        ["weight"] = (
            () => new OnnxWeights(new OnnxGraphBuilder()).Add([float.NegativeInfinity], "w", OnnxLayerFormat.Float32, 1),
            "is -Infinity"),
        ["format"] = (() => OnnxExportCheck.Require(new() { Format = (NumericFormat)(-1) }, hasRows: false), "Actual value was -1"),
        ["operators"] = (
            () => OnnxExportCheck.Require(new() { OperatorSet = (OnnxOperatorSet)(-1) }, hasRows: false),
            "Actual value was -1"),
        ["difference"] = (
            () => OnnxExportCheck.Require(new() { Format = NumericFormat.Float16, MaxDifference = -1.5 }, hasRows: true),
            "Actual value was -1.5"),
        ["agreement"] = (
            () => OnnxExportCheck.Require(new() { Format = NumericFormat.Float16, MinAgreement = -1.5 }, hasRows: true),
            "Actual value was -1.5"),
    };

    public static IEnumerable<object[]> RefusalNames => Refusals.Keys.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(RefusalNames))]
    public void Refusals_UnderArabic_WriteNumbersAsEverywhere(string name)
    {
        (Action act, string says) = Refusals[name];
        CultureInfo before = CultureInfo.CurrentCulture, arabic = new("ar-SA");
        Assert.AreEqual("\u061C-1", (-1).ToString(arabic), "else this culture shows nothing");
        try
        {
            CultureInfo.CurrentCulture = arabic;

            Exception error = Assert.Throws<Exception>(act);

            Assert.AreSame(arabic, CultureInfo.CurrentCulture);
            StringAssert.Contains(error.Message, says, StringComparison.Ordinal);
            Assert.IsFalse(error.Message.Any(c => c == '\u061C' || (char.IsDigit(c) && !char.IsAsciiDigit(c))), error.Message);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static TestGraph Good() => new TestGraph().Input("x", Float, -1, 4).Node("Relu", "x", "y").Output("y", Float, -1, 4);

    private static void Apply(TestGraph graph, OnnxScoringEstimator.Options options)
        => Ml.MixedPrecision().Transforms.ApplyOnnxModel(graph.ToBytes(), options);

    private static void Check(TestGraph graph, OnnxModelLimits? limits = null, int batchSize = 1024)
        => Ml.MixedPrecision().Model.CheckOnnx(new MemoryStream(graph.ToBytes()), limits, batchSize);
}
