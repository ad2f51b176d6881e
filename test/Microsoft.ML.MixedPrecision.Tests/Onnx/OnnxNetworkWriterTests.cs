using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Onnx;

/// <summary>Networks written layer by layer, run in ONNX Runtime, against the same formulas in double precision.</summary>
[TestClass]
public sealed class OnnxNetworkWriterTests
{
    private const int Inputs = 7;
    private const int Hidden = 19;
    private const int Outputs = 5;

    public static IEnumerable<object[]> ArithmeticsActivationsAndRows =>
        from arithmetic in Enum.GetValues<OnnxArithmetic>()
        from kind in Enum.GetValues<ActivationKind>()
        from rows in new[] { 1, 7, 1024 }
        select new object[] { arithmetic, kind, rows };

    [TestMethod]
    [DynamicData(nameof(ArithmeticsActivationsAndRows))]
    public void Network_OfTwoLayers_GivesWhatTheFormulasGive(object arithmetic, ActivationKind kind, int rows)
    {
        var random = new Random(5);
        float[] w0 = Values(random, Hidden * Inputs, 0.8f), b0 = Values(random, Hidden, 0.5f);
        float[] w1 = Values(random, Outputs * Hidden, 0.5f), b1 = Values(random, Outputs, 0.5f);
        float[] x = Values(random, rows * Inputs, 2f);
        var file = Write((OnnxArithmetic)arithmetic, (writer, features) =>
        {
            var hidden = writer.Activation(writer.Linear(features, w0, b0, Inputs, Hidden, "hidden.0"), kind, "hidden.0.activation");
            return writer.Softmax(writer.Linear(hidden, w1, b1, Hidden, Outputs, "output"), "softmax");
        });

        float[] actual = OnnxFiles.Run(file, x, rows, "y");

        double[] expected = [.. Enumerable.Range(0, rows).SelectMany(row =>
        {
            double[] hidden = [
                .. Linear([.. x.Skip(row * Inputs).Take(Inputs).Select(item => (double)item)], w0, b0).Select(z => Apply(kind, z))];
            return Softmax(Linear(hidden, w1, b1));
        })];
        double tolerance = (OnnxArithmetic)arithmetic is OnnxArithmetic.Float32
            ? 2e-6
            : (OnnxArithmetic)arithmetic == OnnxArithmetic.BFloat16Weights
            ? 5e-2
            : 1e-2;
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance, $"element {i}");
        }
    }

    [TestMethod]
    [DataRow(OnnxArithmetic.Float32)]
    [DataRow(OnnxArithmetic.Float16)]
    [DataRow(OnnxArithmetic.RoundedToFloat16)]
    public void LayerNorm_InAnyArithmetic_ComputesInFloat32(object arithmetic)
    {
        // Squares of the deviations, and the weight 1 + 2^-14, are beyond FP16; the rows of x are exact in it.
        const float Scale = 1f + (1f / (1 << 14));
        float[] x = [1000, -1000, 3000, -3000, 2, 2, 2, 2, 4, 8, 16, 32];
        float[] scale = [Scale, 2, 3, 4], shift = [0.1f, -0.2f, 0.3f, 70000];
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, (OnnxArithmetic)arithmetic);
        OnnxValue y = writer.LayerNorm(
            writer.Cast(graph.AddInput("x", OnnxElementType.Float, 4), OnnxElementType.Float16),
            scale,
            shift,
            1e-5f,
            "norm");
        Name(graph, y, 4);

        Assert.AreEqual(OnnxElementType.Float, y.Type);
        Assert.ContainsSingle(graph.Graph.Node.Where(node => node.OpType == "LayerNormalization"));
        float[] actual = OnnxFiles.Run(OnnxFiles.Finish(graph), x, 3, "y");
        Assert.AreEqual(0, writer.SaturatedWeights);
        for (int row = 0; row < 3; row++)
        {
            double[] expected = ReferenceMath.LayerNorm(
                [.. x.Skip(row * 4).Take(4).Select(item => (double)item)],
                [.. scale.Select(item => (double)item)],
                [.. shift.Select(item => (double)item)]);
            for (int column = 0; column < 4; column++)
            {
                Assert.AreEqual(
                    expected[column],
                    actual[(row * 4) + column],
                    1e-6 * Math.Max(1, Math.Abs(expected[column])),
                    $"row {row}, column {column}");
            }
        }
    }

    [TestMethod]
    [DataRow(OnnxArithmetic.Float16)]
    [DataRow(OnnxArithmetic.RoundedToFloat16)]
    public void Linear_InFloat16_RoundsWeightsToNearestEven(object arithmetic)
    {
        // Above 2048 FP16 has every second whole number: 2049 and 2051 are ties.
        var file = Write(
            (OnnxArithmetic)arithmetic,
            (writer, x) => writer.Linear(x, [2049, 2051], [0, 0], 1, 2, "layer"),
            inputs: 1,
            outputs: 2);

        float[] y = OnnxFiles.Run(file, [1f], 1, "y");

        CollectionAssert.AreEqual(new float[] { 2048, 2052 }, y);
    }

    [TestMethod]
    [DataRow(2049f, 1f, 0f, 2048f, DisplayName = "the input is rounded")]
    [DataRow(2f, 1024.5f, 0f, 2048f, DisplayName = "the weight is rounded")]
    [DataRow(1f, 2048f, 1f, 2048f, DisplayName = "the result is rounded")]
    [DataRow(1f, 2048f, 3f, 2052f, DisplayName = "the result is rounded once, to even")]
    public void Linear_WhereRoundingIsSpelledOut_StoresFloat16(float x, float weight, float bias, float expected)
    {
        var file = Write(
            OnnxArithmetic.RoundedToFloat16,
            (writer, input) => writer.Linear(input, [weight], [bias], 1, 1, "layer"),
            inputs: 1,
            outputs: 1);

        Assert.AreEqual(expected, OnnxFiles.Run(file, [x], 1, "y")[0]);
    }

    [TestMethod]
    public void Cast_OfOneValueTwice_IsOneNode()
    {
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, OnnxArithmetic.Float16);
        var x = graph.AddInput("x", OnnxElementType.Float, 1);

        Assert.AreEqual(writer.Cast(x, OnnxElementType.Float16), writer.Cast(x, OnnxElementType.Float16));

        Assert.HasCount(1, graph.Graph.Node);
    }

    [TestMethod]
    public void Linear_WeightsBeyondFloat16_AreSaturatedAndCounted()
    {
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, OnnxArithmetic.Float16);
        var x = graph.AddInput("x", OnnxElementType.Float, 4);
        Name(graph, writer.Cast(writer.Linear(x, [65504, -65504, 65505, -1e30f], [-70000], 4, 1, "layer"), OnnxElementType.Float), 1);

        float[] y = OnnxFiles.Run(OnnxFiles.Finish(graph), [0, 0, 0, -0.5f], 1, "y");

        Assert.AreEqual(3, writer.SaturatedWeights);
        Assert.AreEqual(-32752f, y[0], "0.5 * 65504 - 65504");
    }

    [TestMethod]
    public void Linear_InFloat32_SaturatesNothing()
    {
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, OnnxArithmetic.Float32);
        Name(graph, writer.Linear(graph.AddInput("x", OnnxElementType.Float, 1), [1e30f], [0], 1, 1, "layer"), 1);

        CollectionAssert.AreEqual(new[] { 1e30f }, OnnxFiles.Run(OnnxFiles.Finish(graph), [1f], 1, "y"));
        Assert.AreEqual(0, writer.SaturatedWeights);
    }

    [TestMethod]
    public void Linear_ResultBeyondFloat16_ShowsAsInfinityWhereRoundingIsSpelledOut()
    {
        var file = Write(
            OnnxArithmetic.RoundedToFloat16,
            (writer, x) => writer.Activation(writer.Linear(x, [60000], [0], 1, 1, "layer"), ActivationKind.Relu, "act"),
            inputs: 1,
            outputs: 1);

        Assert.AreEqual(float.PositiveInfinity, OnnxFiles.Run(file, [2f], 1, "y")[0]);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Linear_WeightNotFinite_IsRefusedWithLayerAndElement(float weight)
    {
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, OnnxArithmetic.Float32);
        var x = graph.AddInput("x", OnnxElementType.Float, 2);

        var error = Assert.ThrowsExactly<ArgumentException>(() => writer.Linear(x, [1, weight], [0], 2, 1, "hidden.3"));

        StringAssert.Contains(error.Message, "Element 1 of 'hidden.3.weight'");
    }

    [TestMethod]
    public void Weights_InFloat16_AreConstantNodesAndNotInitializers()
    {
        var graph = new OnnxGraphBuilder();
        OnnxFiles.Writer(graph, OnnxArithmetic.Float16).Linear(graph.AddInput("x", OnnxElementType.Float, 2), [1, 2], [3], 2, 1, "layer");

        Assert.IsEmpty(graph.Graph.Initializer);
        var constants = graph.Graph.Node.Where(node => node.OpType == "Constant").ToList();
        Assert.HasCount(2, constants);
        Assert.IsTrue(constants.TrueForAll(node => node.Find("value")!.T.DataType == (int)OnnxElementType.Float16));
    }

    [TestMethod]
    [DataRow(OnnxOperatorSet.Standard, true)]
    [DataRow(OnnxOperatorSet.Standard, false)]
    [DataRow(OnnxOperatorSet.Wide, true)]
    [DataRow(OnnxOperatorSet.Wide, false)]
    public void BestClass_OfScores_IsWhatMLNetsScorersTake(OnnxOperatorSet set, bool largest)
    {
        const float NaN = float.NaN, Infinity = float.PositiveInfinity;
        float[] rows =
        [
            0,
            1,
            2,
            5,
            5,
            5,
            0,
            7,
            7,
            -1,
            -1,
            -3,
            NaN,
            NaN,
            NaN,
            NaN,
            1,
            2,
            3,
            NaN,
            1,
            NaN,
            -Infinity,
            NaN,
            Infinity,
            NaN,
            Infinity,
            -Infinity,
            -Infinity,
            -Infinity,
            Infinity, Infinity, NaN, 0, -0f, NaN, float.MaxValue, Infinity, -Infinity,
        ];
        var graph = new OnnxGraphBuilder(set);
        OnnxValue key = new OnnxBestClass(graph, "key").Write(graph.AddInput("x", OnnxElementType.Float, 3), largest);
        Name(graph, OnnxFiles.Writer(graph, OnnxArithmetic.Float32).Cast(key, OnnxElementType.Float), 1);

        // MulticlassClassificationScorer and ClusteringScorer add 1 to these.
        float[] expected = [.. rows.Chunk(3).Select(row => (float)((largest ? MathUtils.ArgMax(row) : MathUtils.ArgMin(row)) + 1))];
        CollectionAssert.AreEqual(expected, OnnxFiles.Run(OnnxFiles.Finish(graph), rows, rows.Length / 3, "y"));
    }

    [TestMethod]
    public void Key_OfScores_CountsFromOneAndIsMissingForNaN()
    {
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, OnnxArithmetic.Float32);
        var key = writer.Key(graph.AddInput("x", OnnxElementType.Float, 3), "key");
        Assert.AreEqual(OnnxElementType.UInt32, key.Type);
        Name(graph, writer.Cast(key, OnnxElementType.Float), 1);

        CollectionAssert.AreEqual(
            new float[] { 3, 1, 2, 0 },
            OnnxFiles.Run(OnnxFiles.Finish(graph), [0, 1, 2, 5, 5, 5, 0, 7, 7, float.NaN, float.NaN, float.NaN], 4, "y"));
    }

    private static byte[] Write(
        OnnxArithmetic arithmetic,
        Func<OnnxNetworkWriter, OnnxValue, OnnxValue> layers,
        int inputs = Inputs,
        int outputs = Outputs)
    {
        var graph = new OnnxGraphBuilder();
        var writer = OnnxFiles.Writer(graph, arithmetic);
        var y = layers(writer, graph.AddInput("x", OnnxElementType.Float, inputs));
        Name(graph, writer.Cast(y, OnnxElementType.Float), outputs);
        return OnnxFiles.Finish(graph);
    }

    private static void Name(OnnxGraphBuilder graph, OnnxValue value, int columns)
    {
        var y = new OnnxValue(graph.ReserveValueName("y"), value.Type);
        graph.AddNode("Identity", "y", [value.Name], [y.Name]);
        graph.AddOutput(y, columns);
    }

    private static float[] Values(Random random, int count, float scale)
        => [.. Enumerable.Range(0, count).Select(_ => scale * (2 * random.NextSingle() - 1))];

    private static double[] Linear(double[] x, float[] weight, float[] bias)
        => [.. bias.Select((b, row) => b + x.Select((item, column) => item * weight[(row * x.Length) + column]).Sum())];

    private static double[] Softmax(double[] z)
    {
        double[] powers = [.. z.Select(item => Math.Exp(item - z.Max()))];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    private static double Apply(ActivationKind kind, double x) => kind switch
    {
        ActivationKind.Relu => Math.Max(x, 0),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        ActivationKind.Gelu => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        ActivationKind.GeluErf => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        ActivationKind.Mish => x * Math.Tanh(Math.Log(1 + Math.Exp(x))),
        ActivationKind.Selu => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.Exp(x) - 1)),
        _ => x,
    };

    /// <summary>erf by its Taylor series, exact to double precision in the range used here.</summary>
    private static double Erf(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / ((2 * n) + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
