using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Layers;

[TestClass]
public sealed class EmbeddingLayerTests
{
    /// <summary>Of 20000 numbers the mean lies within 4/√20000 = 0.03 deviations of 0, the deviation within 4/√40000 = 2 % of
    /// 0.02.</summary>
    [TestMethod]
    public void Initialize_DrawsFromTheNormalDistribution_AndLeavesPaddingAtZero()
    {
        var layer = new Embedding("tokens", 201, 100, padding: 3);
        layer.Initialize(new WeightInitializer(5), ActivationKind.Relu);
        float[] padding = layer.Table.Values[300..400], drawn = [.. layer.Table.Values[..300], .. layer.Table.Values[400..]];
        double mean = drawn.Average(), deviation = Math.Sqrt(drawn.Average(value => (value - mean) * (value - mean)));

        Assert.AreEqual(0, mean, 0.03 * 0.02);
        Assert.AreEqual(0.02, deviation, 0.02 * 0.02);
        Assert.IsTrue(padding.All(value => value == 0));
        Assert.IsTrue(layer.Table.Decays);

        var again = new Embedding("tokens", 201, 100, padding: 3);
        var weights = new WeightInitializer(5);
        again.Initialize(weights, ActivationKind.Relu);
        CollectionAssert.AreEqual(layer.Table.Values, again.Table.Values);
        again.Initialize(weights, ActivationKind.Relu);
        CollectionAssert.AreNotEqual(layer.Table.Values, again.Table.Values);
    }

    /// <summary>Types are drawn behind the table, which is as without. Of 2000 numbers the mean lies within 4/√2000 = 0.09 deviations of 0,
    /// the deviation within 4/√4000 = 6 % of 0.02.</summary>
    [TestMethod]
    public void Initialize_WithTypes_DrawsThemToo()
    {
        Embedding plain = new("tokens", 9, 1000), typed = new("tokens", 9, 1000, separator: 4);
        plain.Initialize(new WeightInitializer(5), ActivationKind.None);
        typed.Initialize(new WeightInitializer(5), ActivationKind.None);
        float[] drawn = typed.Types!.Values;
        double mean = drawn.Average(), deviation = Math.Sqrt(drawn.Average(value => (value - mean) * (value - mean)));

        CollectionAssert.AreEqual(plain.Table.Values, typed.Table.Values);
        Assert.IsNull(plain.Types);
        Assert.AreEqual(0, mean, 0.09 * 0.02);
        Assert.AreEqual(0.02, deviation, 0.06 * 0.02);
        CollectionAssert.AreNotEqual(typed.Table.Values[..1000], drawn[..1000]);
        Assert.IsTrue(typed.Types.Decays);
    }

    [TestMethod]
    public void Build_WithTypes_AddsThemBehindTheTable()
    {
        var layer = new Embedding("tokens", 7, 4, separator: 3);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true)
        {
            Ends = PlanBuilder.Input("ends", Shape.Vector(1), ElementKind.Int32),
        };
        plan.Finish(layer.Build(plan, PlanBuilder.Input("ids", Shape.Sequence(5, 1), ElementKind.Int32)));

        CollectionAssert.AreEqual(new[] { layer.Table, layer.Types }, layer.Parameters.ToArray());
        CollectionAssert.AreEquivalent(
            new[] { "tokens.weight (7, 4)", "tokens.types.weight (2, 4)" },
            plan.Parameters.Select(planned => planned.Parameter.ToString()).ToArray());
        CollectionAssert.AreEqual(
            new[] { "tokens: embedding", "tokens.types: token types behind 3" },
            plan.Ops.Select(op => $"{op.Name}: {op.Explain().Operation}").ToArray());
    }

    [TestMethod]
    public void Build_ReadsTheTableAndKnowsThePadding()
    {
        var layer = new Embedding("tokens", 7, 4, padding: 0);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        plan.Finish(layer.Build(plan, PlanBuilder.Input("ids", Shape.Vector(3), ElementKind.Int32)));

        CollectionAssert.AreEqual(new[] { layer.Table }, layer.Parameters.ToArray());
        Assert.AreEqual("tokens.weight (7, 4)", plan.Parameters.Single().Parameter.ToString());
        Assert.AreEqual("embedding (padding 0)", plan.Ops.Single().Explain().Operation);
    }
}
