using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Onnx.Scoring;

/// <summary>Reads rows ahead and runs the model on them in one batch.</summary>
internal sealed class OnnxScoringCursor : ReadAheadCursor
{
    private readonly OnnxScoredView _view;
    private readonly OnnxBatch _batch;
    private readonly Func<int> _currentRow;

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose cursor it is.</param>
    /// <param name="source">Cursor over the view's source with all columns needed.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="cursors">Cursors of the set that share the rows, this one included.</param>
    public OnnxScoringCursor(OnnxScoredView view, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns, int cursors)
        : base(view.Schema, source, columns, view.SourceOf, (1, RowsOf(view)))
    {
        _view = view;
        _batch = new OnnxBatch(view.Scorer, [.. view.Inputs.Select(column => new RowColumn(source, column, cursors))], RowsOf(view));
        _currentRow = () => CurrentRow;
    }

    /// <inheritdoc/>
    protected override Delegate NewColumn(DataViewSchema.Column column) => _batch.Getter(_view.OutputOf(column.Index), _currentRow);

    /// <inheritdoc/>
    protected override void ReadInputs(int slot, int row) => _batch.Read(row);

    /// <inheritdoc/>
    protected override void Begin(int slot, int rows) => _batch.Run(rows);

    /// <inheritdoc/>
    protected override void End(int slot)
    {
        // Begin has computed it: the runtime's own threads are all busy with one batch.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _batch.Dispose();
        }

        base.Dispose(disposing);
    }

    private static int RowsOf(OnnxScoredView view) => (int)Math.Clamp(view.GetRowCount() ?? int.MaxValue, 1, view.Scorer.Model.BatchSize);
}
