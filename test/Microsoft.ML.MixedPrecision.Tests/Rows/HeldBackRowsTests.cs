using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Which rows validate instead of training.</summary>
[TestClass]
public sealed class HeldBackRowsTests
{
    [TestMethod]
    [DataRow(100, 0.2f, 20)]
    [DataRow(10, 0.01f, 1)]
    [DataRow(10, 0.99f, 9)]
    [DataRow(2, 0.5f, 1)]
    [DataRow(1, 0.5f, 0)]
    [DataRow(100, 0f, 0)]
    public void Draw_Fraction_TakesThatShareOnceEach(int rows, float fraction, int expected)
    {
        int[] drawn = HeldBackRows.Draw(rows, fraction, seed: 1);

        Assert.HasCount(expected, drawn);
        Assert.HasCount(expected, drawn.Distinct().ToArray());
        Assert.IsTrue(drawn.All(row => row >= 0 && row < rows));
    }

    /// <summary>Shares by hand: ⌊n·f⌋ each, then one more by the largest remainder, n − 1 at most.</summary>
    [TestMethod]
    [DataRow(new[] { 100L, 100L }, 0.1f, new[] { 10L, 10L })]
    [DataRow(new[] { 265L, 735L }, 0.1f, new[] { 27L, 73L }, DisplayName = "26.5 and 73.5 of 100: the tie goes to the first")]
    [DataRow(new[] { 7L, 93L }, 0.1f, new[] { 1L, 9L }, DisplayName = "0.7 rounds up before 9.3")]
    [DataRow(new[] { 3L, 297L }, 0.1f, new[] { 0L, 30L }, DisplayName = "0.3 and 29.7")]
    [DataRow(new[] { 1L, 1L, 198L }, 0.1f, new[] { 0L, 0L, 20L }, DisplayName = "a class of one row trains")]
    [DataRow(new[] { 2L, 2L, 2L }, 0.99f, new[] { 1L, 1L, 1L }, DisplayName = "each class keeps one")]
    [DataRow(new[] { 1L, 1L, 1L }, 0.5f, new[] { 0L, 0L, 0L }, DisplayName = "none can be spared")]
    [DataRow(new[] { 0L, 10L }, 0.1f, new[] { 0L, 1L }, DisplayName = "a class without rows")]
    [DataRow(new[] { 4L, 4L, 4L }, 0.01f, new[] { 1L, 0L, 0L }, DisplayName = "at least one row in all")]
    public void Shares_OfClasses_AreTheLargestRemainders(long[] rows, float fraction, long[] expected)
        => CollectionAssert.AreEqual(expected, HeldBackRows.Shares(rows, fraction));

    [TestMethod]
    public void Draw_OfClasses_TakesEachClassesShareFromAllItsRows()
    {
        // Sorted by class, the rare one last: a draw at random would hold back none of it in one seed of three.
        static int ClassOf(int row) => row < 900 ? 0 : 1;
        var seen = new HashSet<int>();
        for (int seed = 0; seed < 200; seed++)
        {
            int[] drawn = HeldBackRows.Draw(1000, 0.1f, seed, [900, 100], ClassOf);

            Assert.AreEqual((90, 10), (drawn.Count(row => ClassOf(row) == 0), drawn.Count(row => ClassOf(row) == 1)));
            seen.UnionWith(drawn);
        }

        // A row is missed by 200 draws of a tenth with probability 0.9^200 = 7e-10.
        Assert.HasCount(1000, seen);
    }

    [TestMethod]
    public void Draw_SameSeed_IsTheSameAndAnotherIsNot()
    {
        CollectionAssert.AreEqual(HeldBackRows.Draw(50, 0.2f, seed: 3), HeldBackRows.Draw(50, 0.2f, seed: 3));
        CollectionAssert.AreNotEquivalent(HeldBackRows.Draw(50, 0.2f, seed: 3), HeldBackRows.Draw(50, 0.2f, seed: 4));
    }
}
