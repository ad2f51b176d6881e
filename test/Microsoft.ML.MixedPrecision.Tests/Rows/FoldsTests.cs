using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Which rows validate which of several networks.</summary>
[TestClass]
public sealed class FoldsTests
{
    [TestMethod]
    [DataRow(100, 5)]
    [DataRow(103, 5)]
    [DataRow(3, 3)]
    [DataRow(2, 3)]
    public void Deal_OfNumbers_HasEachRowOnceInPartsAlike(int rows, int folds)
    {
        int[][] dealt = Folds.Deal(rows, folds, seed: 1, [], _ => throw new InvalidOperationException("There are no classes."));

        Assert.HasCount(folds, dealt);
        CollectionAssert.AreEqual(Enumerable.Range(0, rows).ToArray(), dealt.SelectMany(fold => fold).Order().ToArray());
        Assert.IsTrue(dealt.All(fold => fold.Length == rows / folds || fold.Length == (rows / folds) + 1));
    }

    /// <summary>Sorted by class, and no class a multiple of the folds.</summary>
    [TestMethod]
    public void Deal_OfClasses_GivesEachFoldItsShareOfEach()
    {
        static int ClassOf(int row) => row < 66 ? 0 : row < 99 ? 1 : row < 106 ? 2 : 3;
        long[] rows = [66, 33, 7, 2];

        int[][] dealt = Folds.Deal(108, 5, seed: 7, rows, ClassOf);

        CollectionAssert.AreEqual(Enumerable.Range(0, 108).ToArray(), dealt.SelectMany(fold => fold).Order().ToArray());
        foreach (int[] fold in dealt)
        {
            Assert.IsTrue(fold.Length is 21 or 22);
            for (int label = 0; label < rows.Length; label++)
            {
                int count = fold.Count(row => ClassOf(row) == label);
                Assert.IsTrue(count == rows[label] / 5 || count == (rows[label] / 5) + 1, $"{count} rows of class {label}");
            }
        }
    }

    /// <summary>No network would know the class of a row that is alone in it and held back.</summary>
    [TestMethod]
    public void Deal_OfAClassOfOneRow_LeavesItToTrain()
        => CollectionAssert.AreEqual(
            new[] { 0, 2, 3, 4 },
            Folds.Deal(5, 2, seed: 1, [4, 1], row => row == 1 ? 1 : 0).SelectMany(fold => fold).Order().ToArray());

    [TestMethod]
    public void Deal_SameSeed_IsTheSameAndAnotherIsNot()
    {
        static string Of(int seed) => string.Join('|', Folds.Deal(50, 3, seed, [], _ => 0).Select(fold => string.Join(' ', fold)));

        Assert.AreEqual(Of(3), Of(3));
        Assert.AreNotEqual(Of(3), Of(4));
    }
}
