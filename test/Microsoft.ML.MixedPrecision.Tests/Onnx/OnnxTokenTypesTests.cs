using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Onnx.Safety;
using Microsoft.ML.MixedPrecision.Scoring;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>A network that tells the two texts of a pair apart, written as ONNX: what ONNX Runtime makes of tokens that are padded to one
/// length is what the engine makes of them.</summary>
[TestClass]
public sealed class OnnxTokenTypesTests
{
    private const int Most = 7, Vocabulary = 11, Columns = 5, Classes = 3, Separator = 0;

    /// <summary>Pairs, one text, no tokens, and as many as there may be; the separator's id is what stands for padding in the
    /// file.</summary>
    private static readonly int[][] Texts = [[1, 4, 0, 5, 0], [7, 7, 2], [], [0, 3], [2, 0, 0, 0, 9, 10, 0], [8, 6, 5, 4, 3, 2, 1], [0]];

    [TestMethod]
    [DataRow("Float32", 1e-5)]
    [DataRow("Float16", 3e-3)]
    public void WriteOnnx_PaddedTokens_GivesTheEnginesScores(string arithmetic, double tolerance)
    {
        Network network = Start();
        float[] x = [.. Texts.SelectMany(text => Enumerable.Range(0, Most).Select(t => t < text.Length ? text[t] + 1f : 0f))];
        float[] expected = new float[Texts.Length * Classes];
        using var scorer = new Scorer(network, threads: 2, softmax: false);
        using ScoringSession session = scorer.CreateSession(Texts.Length);
        session.Run(x, Texts.Length, expected);

        var graph = new OnnxGraphBuilder();
        OnnxNetworkWriter writer = OnnxFiles.Writer(graph, Enum.Parse<OnnxArithmetic>(arithmetic));
        var plan = new NetworkPlan(network, new PlanBuilder(PrecisionPolicy.Float32, training: false));
        (OnnxValue ids, OnnxValue lengths) = writer.Tokens(graph.AddInput("x", OnnxElementType.Float, Most));
        OnnxValue y = writer.Cast(
            plan.Builder.WriteOnnx(
                writer, new Dictionary<Value, OnnxValue> { [plan.Features] = ids, [plan.Builder.Ends!] = lengths }),
            OnnxElementType.Float);
        graph.AddOutput(y, Classes);
        byte[] file = OnnxFiles.Finish(graph);
        float[] actual = OnnxFiles.Run(file, x, Texts.Length, y.Name);

        for (int i = 0; i < expected.Length; i++)
        {
            double bound = tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.AreEqual(expected[i], actual[i], bound, $"text {i / Classes}, class {i % Classes}");
        }

        Assert.IsNotNull(OnnxModelChecker.Check(file, new OnnxModelLimits(), Texts.Length), "files that our own scoring service takes");
    }

    /// <summary>Starting weights are too small to tell types apart.</summary>
    private static Network Start()
    {
        var network = new Network(new NetworkSpec(
            [new TokensInput("features", Most, Vocabulary)],
            [
                new EmbeddingSpec("tokens", Columns, Separator: Separator),
                new PoolingSpec("pooling", Pooling.Mean),
                new LinearSpec("output", Classes),
            ]));
        network.Initialize(seed: 4);
        foreach (Parameter table in network.Parameters.Take(2))
        {
            foreach (ref float value in table.Values.AsSpan())
            {
                value *= 50;
            }
        }

        return network;
    }
}
