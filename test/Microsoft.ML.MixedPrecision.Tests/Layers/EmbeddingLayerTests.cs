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
