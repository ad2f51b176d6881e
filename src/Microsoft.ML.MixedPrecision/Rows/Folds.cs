using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Divides rows into folds, each of which validates a network that the others train. All rows are shuffled, ordered by class, and dealt
/// out one after the other, so that folds differ by one row at most, and so do the rows of each class in them. The only row of a class
/// trains every network. The same seed gives the same folds on every machine.
/// </summary>
internal static class Folds
{
    /// <summary>Deals the rows out.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="folds">How many folds.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="rowsOfClass">Rows of each class; empty where labels are numbers.</param>
    /// <param name="classOf">Class of a row, from 0; not asked where there are none.</param>
    /// <returns>Numbers of the rows of each fold, in random order within a class.</returns>
    public static int[][] Deal(int rows, int folds, int seed, IReadOnlyList<long> rowsOfClass, Func<int, int> classOf)
    {
        int[] shuffled = [.. Enumerable.Range(0, rows)];
        RowOrder.Shuffle(shuffled, new RandomStream(seed, RandomPurpose.Split, 0));
        int[] dealt = rowsOfClass.Count == 0
            ? shuffled
            : [.. shuffled.Select(row => (Row: row, Class: classOf(row)))
                .Where(row => rowsOfClass[row.Class] > 1)
                .OrderBy(row => row.Class)
                .Select(row => row.Row)];
        return [.. Enumerable.Range(0, folds).Select(fold => dealt.Where((_, i) => i % folds == fold).ToArray())];
    }
}
