using System.Text.Json.Nodes;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Reports;

/// <summary>JSON lines as a table of aligned columns; columns without any value are left out.</summary>
internal static class TextTable
{
    private const string Gap = "  ";

    /// <summary>Writes the table.</summary>
    public static void Write(TextWriter output, IReadOnlyList<Column> columns, IReadOnlyList<JsonObject> lines)
    {
        Column[] used = [.. columns.Where(column => lines.Any(line => line[column.Key] is not null))];
        string[][] cells = [
            [.. used.Select(column => column.Title)],
            .. lines.Select(line => used.Select(column => column.Text(line)).ToArray())];
        int[] widths = [.. used.Select((_, i) => cells.Max(row => row[i].Length))];
        bool[] right = [.. used.Select(column => lines.Any(column.IsNumber))];
        foreach (string[] row in cells)
        {
            output.WriteLine(
                string.Join(Gap, row.Select((cell, i) => right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
