using System.Text;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>Writes explanations of operations as a text table, each column as wide as its longest cell.</summary>
internal static class ExplanationTable
{
    private static readonly string[] Header = ["layer", "operation", "shape", "operands", "stored", "reason"];

    /// <summary>One line an operation, behind a header.</summary>
    public static string Write(IEnumerable<OperationExplanation> ops)
    {
        string[][] rows = [
            Header,
            .. ops.Select(op => new[] { op.Layer, op.Operation, op.Shape, op.Operands.ToString(), op.Stored.ToString(), op.Reason })];
        int[] widths = [.. Enumerable.Range(0, Header.Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }

        return text.ToString();
    }
}
