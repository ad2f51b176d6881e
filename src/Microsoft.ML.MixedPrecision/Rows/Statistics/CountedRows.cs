namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The rows that what is learned of features is learned from.</summary>
internal static class CountedRows
{
    /// <summary>Those of a weight above 0.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="rows">Numbers of some of them.</param>
    public static int[] Of(RowStore store, ReadOnlySpan<int> rows)
    {
        if (!store.HasWeights)
        {
            return rows.ToArray();
        }

        var counted = new List<int>(rows.Length);
        foreach (int row in rows)
        {
            if (store.Weight(row) > 0)
            {
                counted.Add(row);
            }
        }

        return [.. counted];
    }
}
