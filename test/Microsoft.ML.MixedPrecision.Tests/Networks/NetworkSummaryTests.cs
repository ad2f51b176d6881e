using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>The table of layers that a model shows.</summary>
[TestClass]
public sealed class NetworkSummaryTests
{
    [TestMethod]
    public void ToString_OfANetwork_IsATableOfShapesAndParameters()
    {
        var summary = new NetworkSummary(new NetworkSpec(
            [new NumbersInput("features", 64)],
            [
                new ResidualSpec("block", [new LinearSpec("block.0", 64), new BatchNormSpec("block.norm")]),
                new ActivationSpec("act", ActivationKind.Relu),
                new LinearSpec("output", 10),
            ]));

        // 64·64 + 64, γ and β of 64, 10·64 + 10; running statistics are not learned by gradient.
        string[] expected =
        [
            "name        layer      output  parameters",
            "block.0     Linear     64           4,160",
            "block.norm  BatchNorm  64             128",
            "block       Residual   64               0",
            "act         Relu       64               0",
            "output      Linear     10             650",
            "all                                 4,938",
        ];
        CollectionAssert.AreEqual(expected, summary.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.AreEqual(4938, summary.ParameterCount);
        Assert.HasCount(5, summary);
        Assert.AreEqual(new LayerSummary("block.norm", "BatchNorm", "64", 128), summary[1]);
        Assert.AreEqual("(28 · 28, 8)", new NetworkSummary(
            new NetworkSpec([new NumbersInput("image", 3, 28 * 28, 28)], [new LinearSpec("pixels", 8)]))[0].Output);
    }
}
