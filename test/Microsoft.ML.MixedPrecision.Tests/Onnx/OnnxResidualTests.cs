using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Networks with residual connections written as ONNX, against the same network's own scores.</summary>
[TestClass]
public sealed class OnnxResidualTests
{
    private const int Inputs = 6;
    private const int Rows = 40;
    private const int Outputs = 4;

    public static IEnumerable<object[]> Cases
        => from arithmetic in Enum.GetValues<OnnxArithmetic>()
           from normalization in Enum.GetValues<NormalizationKind>()
           from activation in new[] { ActivationKind.Relu, ActivationKind.Gelu }
           select new object[] { arithmetic, normalization, activation };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void WriteOnnx_ResidualNetwork_ScoresAsTheNetworkDoes(
        object arithmetic,
        NormalizationKind normalization,
        ActivationKind activation)
    {
        Network network = Examples.Network(
            Inputs,
            [Inputs, 11, 11],
            Outputs,
            activation,
            normalization: normalization,
            residual: true,
            dropout: 0.5f);
        var random = new Random(3);
        foreach (StoredMatrix statistic in network.Stored.Where(matrix => matrix is LayerState))
        {
            for (int i = 0; i < statistic.Values.Length; i++)
            {
                statistic.Values[i] = 0.5f + random.NextSingle();
            }
        }

        float[] x = [.. Enumerable.Range(0, Rows * Inputs).Select(_ => (random.NextSingle() * 4) - 2)];
        var expected = new float[Rows * Outputs];
        using var scorer = new Scorer(network, threads: 1, softmax: true);
        using ScoringSession session = scorer.CreateSession(Rows);
        session.Run(x, Rows, expected);

        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, (OnnxArithmetic)arithmetic);
        OnnxValue features = graph.AddInput("x", OnnxElementType.Float, Inputs);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: false);
        Value input = PlanBuilder.Input("x", Inputs, NumericFormat.Float32);
        plan.Finish(network.Body.Build(plan, input));
        OnnxValue scores = writer.Softmax(plan.WriteOnnx(writer, new Dictionary<Value, OnnxValue> { [input] = features }), "scores");
        graph.AddOutput(scores, Outputs);
        float[] actual = OnnxFiles.Run(OnnxFiles.Finish(graph), x, Rows, scores.Name);

        Assert.HasCount(2, graph.Graph.Node.Where(node => node.OpType == "Add").ToArray());
        double tolerance = (OnnxArithmetic)arithmetic is OnnxArithmetic.Float32
            ? 2e-6
            : (OnnxArithmetic)arithmetic == OnnxArithmetic.BFloat16Weights
            ? 5e-2
            : 1e-2;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance, $"element {i}");
        }
    }
}
