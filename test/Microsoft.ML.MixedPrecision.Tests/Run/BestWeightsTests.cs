using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

[TestClass]
public sealed class BestWeightsTests
{
    [TestMethod]
    public void Note_NaNFirst_ALaterLossIsBetter()
    {
        Network network = Examples.Network(2, [], 2);
        var best = new BestWeights(network, patience: 2);
        best.Note(1, double.NaN);
        Assert.IsNull(best.Epoch);
        network.Parameters[0].Values[0] = 7f;
        best.Note(2, 0.5);
        network.Parameters[0].Values[0] = 8f;
        best.Note(3, double.NaN);

        Assert.AreEqual(2, best.Epoch);
        Assert.AreEqual(0.5, best.Criterion);
        Assert.IsFalse(best.IsExhausted);
        best.Note(4, 0.5);
        Assert.IsTrue(best.IsExhausted, "an equal loss is no improvement");
        best.Restore();
        Assert.AreEqual(7f, network.Parameters[0].Values[0]);
    }

    /// <summary>Losses that are not finite say nothing of the weights: they neither end a run nor put the first epoch's weights in the
    /// place of the last's.</summary>
    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void Note_NoFiniteLoss_NeitherStopsNorRestores(double loss)
    {
        Network network = Examples.Network(2, [], 2);
        var best = new BestWeights(network, patience: 2);
        for (int epoch = 1; epoch <= 9; epoch++)
        {
            network.Parameters[0].Values[0] = epoch;
            best.Note(epoch, loss);
            Assert.IsFalse(best.IsExhausted);
        }

        best.Restore();
        Assert.IsNull(best.Epoch);
        Assert.AreEqual(9f, network.Parameters[0].Values[0]);
    }

    [TestMethod]
    public void Restore_RunningStatistics_AreThoseOfTheBestEpoch()
    {
        Network network = Examples.Network(2, [3], 2, normalization: NormalizationKind.BatchNorm);
        StoredMatrix variance = network.Stored.Single(matrix => matrix.Name == "hidden.0.norm.running_var");
        var best = new BestWeights(network, patience: 2);
        variance.Values[1] = 5f;
        best.Note(1, 0.5);
        variance.Values[1] = 6f;
        best.Note(2, 0.7);
        best.Restore();

        CollectionAssert.AreEqual(new[] { 1f, 5f, 1f }, variance.Values);
    }
}
