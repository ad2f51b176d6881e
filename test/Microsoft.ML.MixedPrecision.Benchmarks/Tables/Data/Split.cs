namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>Rows to learn from and rows to be tested on.</summary>
/// <param name="Train">Rows to learn from, ascending.</param>
/// <param name="Test">Rows to be tested on, ascending.</param>
internal sealed record Split(int[] Train, int[] Test)
{
    /// <summary>
    /// Draws a share of the rows for the test. Of labels that are classes each class gives its share, rounded to whole rows and at least
    /// one; rows of a class that has only one stay to learn from. Rows that may only be tested on come on top.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="share">Share of the test.</param>
    /// <param name="seed">Decides which.</param>
    public static Split Draw(TableData table, double share, int seed)
        => Draw(table, [.. Enumerable.Range(0, table.Count)], share, seed);

    /// <inheritdoc cref="Draw(TableData, double, int)"/>
    /// <param name="table">The table.</param>
    /// <param name="among">The rows to draw from.</param>
    /// <param name="share">Share of the test.</param>
    /// <param name="seed">Decides which.</param>
    public static Split Draw(TableData table, int[] among, double share, int seed)
    {
        var random = new Random(seed);
        var test = among.Where(row => table.TestOnly?[row] == true).ToHashSet();
        foreach (IGrouping<string, int> stratum in among.Where(row => !test.Contains(row))
            .GroupBy(table.Labels.Stratum)
            .OrderBy(stratum => stratum.Key, StringComparer.Ordinal)
            .ToList())
        {
            int[] rows = [.. stratum];
            random.Shuffle(rows);
            int count = rows.Length == 1 ? 0 : Math.Clamp((int)Math.Round(share * rows.Length), 1, rows.Length - 1);
            test.UnionWith(rows.Take(count));
        }

        return new([.. among.Where(row => !test.Contains(row))], [.. among.Where(test.Contains)]);
    }
}
