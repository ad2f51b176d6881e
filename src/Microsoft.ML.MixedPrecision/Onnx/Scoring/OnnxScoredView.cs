using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>ML.NET's view of a row mapper, with cursors that score in batches.</summary>
internal sealed class OnnxScoredView : IDataTransform, IRowToRowMapper
{
    private readonly RowToRowMapperTransform _rows;
    private readonly ColumnBindings _bindings;
    private readonly DataViewSchema.Column[] _inputs;

    /// <summary>Wraps a view.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="source">What is scored.</param>
    /// <param name="rows">ML.NET's view of the same source.</param>
    public OnnxScoredView(OnnxScorer scorer, IDataView source, RowToRowMapperTransform rows)
    {
        Scorer = scorer;
        Source = source;
        _rows = rows;
        _bindings = new ColumnBindings(source.Schema, scorer.Columns.NewColumns());
        _inputs = scorer.Columns.Bind(source.Schema);
    }

    /// <summary>The model.</summary>
    public OnnxScorer Scorer { get; }

    /// <inheritdoc/>
    public IDataView Source { get; }

    /// <inheritdoc/>
    public DataViewSchema Schema => _rows.OutputSchema;

    /// <inheritdoc/>
    public bool CanShuffle => Source.CanShuffle;

    /// <summary>The source's columns that the model reads, in the order of its inputs.</summary>
    public IReadOnlyList<DataViewSchema.Column> Inputs => _inputs;

    DataViewSchema IRowToRowMapper.InputSchema => Source.Schema;

    DataViewSchema IRowToRowMapper.OutputSchema => Schema;

    /// <inheritdoc/>
    public long? GetRowCount() => Source.GetRowCount();

    /// <summary>The source's column that a column of this view is; null for one that the model makes.</summary>
    public DataViewSchema.Column? SourceOf(int column)
        => _bindings.MapColumnIndex(out bool isSource, column) is var index && isSource ? Source.Schema[index] : null;

    /// <summary>The place among the model's outputs of a column that it makes.</summary>
    public int OutputOf(int column) => _bindings.MapColumnIndex(out _, column);

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        return NeedsScores(columns)
            ? Score(Source.GetRowCursor(SourceColumns(columns), rand), columns, cursors: 1)
            : _rows.GetRowCursor(columns, rand);
    }

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        if (!NeedsScores(columns))
        {
            return _rows.GetRowCursorSet(columns, n, rand);
        }

        var sources = Source.GetRowCursorSet(SourceColumns(columns), n, rand);
        return Array.ConvertAll(sources, source => Score(source, columns, sources.Length));
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => ((IRowToRowMapper)_rows).GetDependencies(dependingColumns);

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => ((IRowToRowMapper)_rows).GetRow(input, activeColumns);

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)_rows).Save(ctx);

    private DataViewRowCursor Score(DataViewRowCursor source, DataViewSchema.Column[] columns, int cursors)
    {
        try
        {
            return new OnnxScoringCursor(this, source, columns, cursors);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private bool NeedsScores(DataViewSchema.Column[] columns) => Array.Exists(columns, column => SourceOf(column.Index) is null);

    private IEnumerable<DataViewSchema.Column> SourceColumns(DataViewSchema.Column[] columns)
        => columns.Select(column => SourceOf(column.Index))
            .OfType<DataViewSchema.Column>()
            .Concat(_inputs)
            .DistinctBy(column => column.Index);
}
