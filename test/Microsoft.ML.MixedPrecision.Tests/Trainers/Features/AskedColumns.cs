namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>A view of the same rows that notes which of its columns are asked for.</summary>
/// <param name="source">The rows.</param>
internal sealed class AskedColumns(IDataView source) : IDataView
{
    /// <summary>The names of the columns that the last cursor was opened for.</summary>
    public string[] Last { get; private set; } = [];

    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => source.GetRowCursor(Note(columnsNeeded), rand);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => source.GetRowCursorSet(Note(columnsNeeded), n, rand);

    private DataViewSchema.Column[] Note(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        Last = [.. columns.Select(column => column.Name).Order(StringComparer.Ordinal)];
        return columns;
    }
}
