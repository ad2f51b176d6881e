using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Where in the data something is wrong: the start of a sentence that says what.</summary>
/// <param name="Column">The column's name; null where it is not known.</param>
/// <param name="Cursor">Reads all rows, at the one that is meant; null where rows have no numbers, as in a prediction engine.</param>
internal readonly record struct RowPlace(string? Column, DataViewRowCursor? Cursor = null)
{
    private string ColumnText => Column is null ? "column of features" : $"column '{Column}'";

    /// <summary>The row's number where it is known, and the column.</summary>
    public override string ToString() => Cursor is null
        ? $"The row's {ColumnText}"
        : string.Create(CultureInfo.InvariantCulture, $"Row {Cursor.Position} (counted from 0, in the order read), {ColumnText},");
}
