using Microsoft.ML.MixedPrecision.Run.Advice;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>Rows that skipped steps have in common: of 1,000 rows in steps of 10 chance leaves 1000 · (1/100)ⁿ after n epochs, 0.001 after
/// three.</summary>
[TestClass]
public sealed class RepeatedSkipsTests
{
    [TestMethod]
    public void Add_OneRowInEverySkippedStep_IsTheCauseAfterThreeEpochs()
    {
        var skips = new RepeatedSkips();
        for (int epoch = 0; epoch < 3; epoch++)
        {
            Assert.IsFalse(skips.AreTheCause);
            skips.Add([7, .. Enumerable.Range(100 * (epoch + 1), 9)], 1000);
            skips.Add([], 1000);
        }

        Assert.IsTrue(skips.AreTheCause);
        CollectionAssert.AreEqual(new[] { 7 }, skips.Rows.ToArray());
        Assert.AreEqual(3, skips.Epochs);
    }

    /// <summary>Of 1,000 rows in steps of 200 three epochs leave 1000 · (1/5)³ = 8 by chance, eight epochs 1000 · (1/5)⁸ = 0.0026, seven
    /// 0.013.</summary>
    [TestMethod]
    public void Add_LargeSteps_NeedsAsManyEpochsAsChanceDoes()
    {
        var skips = new RepeatedSkips();
        for (int epoch = 1; epoch <= 8; epoch++)
        {
            skips.Add([.. Enumerable.Range(0, 200)], 1000);

            Assert.AreEqual(epoch == 8, skips.AreTheCause, $"epoch {epoch}");
        }
    }

    [TestMethod]
    public void Add_NoRowInCommon_BeginsAnew()
    {
        var skips = new RepeatedSkips();
        foreach (int row in new[] { 7, 7, 8, 8 })
        {
            skips.Add([row], 1000);
        }

        Assert.IsFalse(skips.AreTheCause);
        skips.Add([8], 1000);
        Assert.IsTrue(skips.AreTheCause);
        Assert.AreEqual(8, skips.Rows.Single());
    }

    /// <summary>More than a quarter of the rows is a search for the scale, or a training that diverged: no epoch of these counts.</summary>
    [TestMethod]
    public void Add_ManySteps_TellsNothing()
    {
        var skips = new RepeatedSkips();
        for (int epoch = 0; epoch < 20; epoch++)
        {
            skips.Add([.. Enumerable.Range(0, 251)], 1000);
        }

        Assert.IsEmpty(skips.Rows);
    }
}
