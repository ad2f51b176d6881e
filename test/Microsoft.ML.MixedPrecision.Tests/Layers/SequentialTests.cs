using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Layers;

[TestClass]
public sealed class SequentialTests
{
    [TestMethod]
    public void Build_LayersThatStandTwice_HaveTheirParametersAndStatesOnce()
    {
        var linear = new Linear("linear", 3, 3);
        var norm = new BatchNorm("norm", 3);
        var layers = new Sequential(linear, norm, linear, norm);
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training: true);
        plan.Finish(layers.Build(plan, PlanBuilder.Input("x", 3, NumericFormat.Float32)));

        CollectionAssert.AreEqual(new[] { linear.Weight, linear.Bias, norm.Scale, norm.Shift }, layers.Parameters.ToArray());
        CollectionAssert.AreEqual(new[] { norm.Mean, norm.Variance }, layers.States.ToArray());
        Assert.HasCount(4, plan.Ops);
        Assert.HasCount(4, plan.Parameters);
        Assert.AreEqual("linear|norm|linear (2)|norm (2)", string.Join('|', plan.Ops.Select(op => op.Outputs[0].Name)));
        CollectionAssert.AreEqual(new[] { norm.Mean, norm.Variance }, plan.States.ToArray());
    }
}
