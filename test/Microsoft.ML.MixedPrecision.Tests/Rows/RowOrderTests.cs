using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

[TestClass]
public sealed class RowOrderTests
{
    [TestMethod]
    public void Fill_AnyEpoch_IsAPermutation()
    {
        var order = new RowOrder(100, [], seed: 3);
        int[] first = new int[100];
        int[] second = new int[100];
        order.Fill(1, first);
        order.Fill(2, second);

        CollectionAssert.AreNotEqual(first, second);
        CollectionAssert.AreEquivalent(Examples.Rows(100), first);
        CollectionAssert.AreEquivalent(Examples.Rows(100), second);
    }

    /// <summary>Each of the 3! orders in 1000 of 6000 epochs, give or take six deviations, √(6000 · ⅙ · ⅚) = 29 each.</summary>
    [TestMethod]
    public void Fill_ManyEpochs_GivesEveryOrderAlikeOften()
    {
        var order = new RowOrder(3, [], seed: 3);
        int[] rows = new int[3];
        var counts = new Dictionary<(int, int, int), int>();
        for (int epoch = 1; epoch <= 6000; epoch++)
        {
            order.Fill(epoch, rows);
            (int, int, int) key = (rows[0], rows[1], rows[2]);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        Assert.HasCount(6, counts);
        Assert.IsTrue(counts.Values.All(count => Math.Abs(count - 1000) < 6 * 29), string.Join(", ", counts.Values));
    }

    [TestMethod]
    public void Fill_SameSeedAndEpoch_IsTheSame()
    {
        int[] first = new int[50];
        int[] second = new int[50];
        new RowOrder(50, [], seed: 3).Fill(4, first);
        new RowOrder(50, [], seed: 3).Fill(4, second);

        CollectionAssert.AreEqual(first, second);
    }

    [TestMethod]
    public void Fill_OtherSeed_GivesAnotherOrder()
    {
        int[] first = new int[50];
        int[] second = new int[50];
        new RowOrder(50, [], seed: 3).Fill(1, first);
        new RowOrder(50, [], seed: 4).Fill(1, second);

        CollectionAssert.AreNotEqual(first, second);
    }

    [TestMethod]
    public void Fill_RowsHeldBack_HasTheOthers()
    {
        var order = new RowOrder(10, [7, 0, 9], seed: 3);
        int[] train = new int[order.TrainRows];
        order.Fill(1, train);

        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5, 6, 8 }, order.Train.ToArray());
        CollectionAssert.AreEquivalent(order.Train.ToArray(), train);
        CollectionAssert.AreEqual(new[] { 7, 0, 9 }, order.Validation);
    }
}
