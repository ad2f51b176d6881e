using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Networks whose examples all have as many tokens, written as ONNX, where no lengths are read: attention and every
/// pooling.</summary>
[TestClass]
public sealed class OnnxEqualLengthTests
{
    private const int Features = 4, Classes = 3, Rows = 5;

    public static IEnumerable<object[]> Cases
        => from pooling in Enum.GetValues<Pooling>()
           from arithmetic in new[] { "Float32", "Float16" }
           select new object[] { pooling, arithmetic };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void WriteOnnx_OfAPooling_GivesTheEnginesScores(Pooling pooling, string arithmetic)
    {
        var network = new Network(new NetworkSpec(
            [new NumbersInput("features", Features)],
            [
                new FeatureTokensSpec("tokens", Features, 6),
                new LinearSpec("qkv", 18),
                new AttentionSpec("heads", 2),
                new PoolingSpec("pooling", pooling),
                new LinearSpec("output", Classes),
            ]));
        network.Initialize(seed: 4);
        var random = new Random(3);
        float[] x = [.. Enumerable.Range(0, Rows * Features).Select(_ => (4 * random.NextSingle()) - 2)];
        float[] expected = new float[Rows * Classes];
        using var scorer = new Scorer(network, threads: 2, softmax: false);
        using ScoringSession session = scorer.CreateSession(Rows);
        session.Run(x, Rows, expected);

        var graph = new OnnxGraphBuilder();
        OnnxNetworkWriter writer = OnnxFiles.Writer(graph, Enum.Parse<OnnxArithmetic>(arithmetic));
        var plan = new NetworkPlan(network, new PlanBuilder(PrecisionPolicy.Float32, training: false));
        OnnxValue features = graph.AddInput("x", OnnxElementType.Float, Features);
        OnnxValue y = writer.Cast(
            plan.Builder.WriteOnnx(writer, new Dictionary<Value, OnnxValue> { [plan.Features] = features }), OnnxElementType.Float);
        graph.AddOutput(y, Classes);
        byte[] file = OnnxFiles.Finish(graph);
        float[] actual = OnnxFiles.Run(file, x, Rows, y.Name);

        double tolerance = arithmetic == "Float32" ? 1e-5 : 3e-3;
        for (int i = 0; i < expected.Length; i++)
        {
            double bound = tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.AreEqual(expected[i], actual[i], bound, $"row {i / Classes}, class {i % Classes}");
        }

        Assert.IsNotNull(OnnxModelChecker.Check(file, new OnnxModelLimits(), Rows), "files that our own scoring service takes");
    }
}
