using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Numbers of training rows for people: <c>row 7 (counted from 0 …)</c>, or <c>rows 3, 7, 12, … (256 in all; counted from 0
/// …)</c>, the heaviest first where rows have weights.</summary>
internal static class RowNumbers
{
    /// <summary>How rows are counted.</summary>
    private const string Counting = "counted from 0 in the order read, rows without a label left out";

    private const int Most = 10;

    /// <summary>The text.</summary>
    /// <param name="rows">Numbers of rows of the store; at least one.</param>
    /// <param name="store">The rows.</param>
    public static string Text(IReadOnlyCollection<int> rows, RowStore store)
    {
        int[] first = [.. rows.OrderByDescending(store.Weight).ThenBy(row => row).Take(Most)];
        string numbers = string.Join(", ", first.Select(row => row.ToString(CultureInfo.InvariantCulture)));
        string all = rows.Count <= Most
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"{rows.Count} in all{(store.HasWeights ? ", the heaviest first" : "")}; ");
        return $"{(rows.Count == 1 ? "row" : "rows")} {numbers}{(rows.Count > Most ? ", …" : "")} ({all}{Counting})";
    }
}
