using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>
/// ML.NET's view of a scorer or of a row mapper, with cursors that read rows ahead and compute its columns in batches. Everything else,
/// such as schema, annotations and single rows, is that view's.
/// </summary>
/// <param name="source">What is read.</param>
/// <param name="rows">ML.NET's view of the same source.</param>
internal abstract class ReadAheadView(IDataView source, IDataTransform rows) : IDataTransform, IRowToRowMapper
{
    /// <inheritdoc/>
    public IDataView Source => source;

    /// <inheritdoc/>
    public DataViewSchema Schema => rows.Schema;

    /// <inheritdoc/>
    public bool CanShuffle => Source.CanShuffle;

    /// <summary>The source's columns that the new ones are computed from.</summary>
    public abstract IReadOnlyList<DataViewSchema.Column> Inputs { get; }

    DataViewSchema IRowToRowMapper.InputSchema => Source.Schema;

    DataViewSchema IRowToRowMapper.OutputSchema => Schema;

    /// <inheritdoc/>
    public long? GetRowCount() => Source.GetRowCount();

    /// <summary>The source's column that a column of this view is; null for one that is computed.</summary>
    /// <param name="column">The column's place in this view.</param>
    public abstract DataViewSchema.Column? SourceOf(int column);

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = Columns(columnsNeeded);
        return IsComputed(columns)
            ? OpenOver(Source.GetRowCursor(SourceColumns(columns), rand), columns, cursors: 1)
            : rows.GetRowCursor(columns, rand);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] columns = Columns(columnsNeeded);
        if (!IsComputed(columns))
        {
            return rows.GetRowCursorSet(columns, n, rand);
        }

        DataViewRowCursor[] sources = Source.GetRowCursorSet(SourceColumns(columns), n, rand);
        return Array.ConvertAll(sources, cursor => OpenOver(cursor, columns, sources.Length));
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => ((IRowToRowMapper)rows).GetDependencies(dependingColumns);

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => ((IRowToRowMapper)rows).GetRow(input, activeColumns);

    void ICanSaveModel.Save(ModelSaveContext ctx) => rows.Save(ctx);

    /// <summary>Opens a cursor that computes.</summary>
    /// <param name="cursor">Cursor over the source with all columns needed; the new one owns it.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="cursors">Cursors of the set that share the processor, this one included.</param>
    protected abstract DataViewRowCursor Open(DataViewRowCursor cursor, DataViewSchema.Column[] columns, int cursors);

    /// <summary>The active columns, where any is computed, with what a cursor needs beside them.</summary>
    /// <param name="columns">Those that are wanted.</param>
    protected virtual IEnumerable<DataViewSchema.Column> WithBeside(DataViewSchema.Column[] columns) => columns;

    private DataViewSchema.Column[] Columns(IEnumerable<DataViewSchema.Column> wanted)
    {
        DataViewSchema.Column[] columns = [.. wanted];
        return IsComputed(columns) ? [.. WithBeside(columns)] : columns;
    }

    private DataViewRowCursor OpenOver(DataViewRowCursor cursor, DataViewSchema.Column[] columns, int cursors)
    {
        try
        {
            return Open(cursor, columns, cursors);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }

    private bool IsComputed(DataViewSchema.Column[] columns) => Array.Exists(columns, column => SourceOf(column.Index) is null);

    private IEnumerable<DataViewSchema.Column> SourceColumns(DataViewSchema.Column[] columns)
        => columns.Select(column => SourceOf(column.Index)).OfType<DataViewSchema.Column>().Concat(Inputs)
            .DistinctBy(column => column.Index);
}
