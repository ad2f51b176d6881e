using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Ops;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>The dropouts of a Transformer's plan: each has a number of its own, and the course of the run.</summary>
[TestClass]
public sealed class TransformerDropoutTests
{
    private const int Layers = 5;

    /// <summary>Two layers of one number would drop the same places of the softmax in every step.</summary>
    [TestMethod]
    public void Attention_OfEachLayer_DrawsOtherNumbers()
    {
        AttentionDropout[] dropouts = Dropouts(training: true, 0.25f, new RegularizationCourse(0));

        Assert.HasCount(Layers, dropouts);
        CollectionAssert.AreEqual(Enumerable.Range(0, Layers).ToArray(), dropouts.Select(dropout => dropout.Layer).ToArray());
        var position = new StepPosition { Step = 3 };
        Assert.HasCount(
            Layers, dropouts.Select(dropout => dropout.Draw(position, row: 1, rowsPerExample: 2, group: 5)).Distinct().ToArray());
        Assert.IsTrue(Array.TrueForAll(dropouts, dropout => (dropout.Seed, dropout.Rate) == (7, 0.25f)));
    }

    /// <summary>Of 10 steps the first half drops p, and step 8, p = 0.7, drops ½(1 + cos 0.4π) of it.</summary>
    [TestMethod]
    public void Attention_OfACourse_DropsLessTowardsTheEnd()
    {
        foreach (AttentionDropout dropout in Dropouts(training: true, 0.25f, new RegularizationCourse(10)))
        {
            Assert.AreEqual(0.25 * 65536, dropout.ThresholdOf(0), 1);
            Assert.AreEqual(0.25 * 65536, dropout.ThresholdOf(4), 1);
            Assert.AreEqual(0.25 * 65536 * (1 + Math.Cos(0.4 * Math.PI)) / 2, dropout.ThresholdOf(7), 1);
            Assert.AreEqual(0u, dropout.ThresholdOf(10));
        }
    }

    [TestMethod]
    public void Attention_OfAPlanThatScores_DropsNothing()
        => Assert.IsTrue(Array.TrueForAll(
            Dropouts(training: false, 0.25f, new RegularizationCourse(10)), dropout => dropout.ThresholdOf(0) == 0));

    private static AttentionDropout[] Dropouts(bool training, float rate, RegularizationCourse course)
    {
        var network = new Network(new Transformer(
            new TokensInput("features", 20, 30), Layers, Width: 8, Heads: 2, Hidden: 8, Outputs: 3, Dropout: rate).ToSpec());
        var plan = new PlanBuilder(PrecisionPolicy.Float32, training) { Seed = 7, Regularization = course, LongestRow = 20 };
        _ = new NetworkPlan(network, plan);
        return [.. plan.Ops.OfType<AttentionOp>().Select(op => op.Dropout)];
    }
}
