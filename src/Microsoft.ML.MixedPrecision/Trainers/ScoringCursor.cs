using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// Reads rows ahead, scores them in batches, and hands them out one by one. From the second batch on, where the processor computes, the caller's
/// thread reads the next batch and takes the scores of the last one while other threads compute; the source is read by the caller's thread alone.
/// </summary>
internal sealed class ScoringCursor : DataViewRowCursor
{
    private readonly ScoredDataView _view;
    private readonly DataViewRowCursor _source;
    private readonly bool[] _active;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly BulkScorer _scorer;
    private readonly RowBuffer[] _slots;
    private VBuffer<float> _features;
    private int _current;
    private int _row = -1;
    private long _position = -1;
    private bool _readsAhead;
    private bool _sourceEnded;

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose cursor it is.</param>
    /// <param name="source">Cursor over the view's source with all columns needed.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="cursors">Cursors of the set that share the processor, this one included.</param>
    public ScoringCursor(ScoredDataView view, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns, int cursors)
    {
        _view = view;
        _source = source;
        NetworkDefinition shape = view.Model.Definition;
        int rows = (int)Math.Clamp(view.GetRowCount() ?? ScoredDataView.BatchRows, 1, ScoredDataView.RowsOfBatch(shape.Inputs, shape.Outputs));
        _active = new bool[view.Schema.Count];
        foreach (DataViewSchema.Column column in columns)
        {
            _active[column.Index] = true;
        }

        _getFeatures = source.GetGetter<VBuffer<float>>(view.Features);
        _scorer = view.Model.CreateBulkScorer(rows, cursors);
        _slots = [.. Enumerable.Range(0, _scorer.Slots).Select(_ => new RowBuffer(source, column => _active[column], _scorer.MaxRows))];
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _view.Schema;

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _row < 0 ? _source.Batch : _slots[_current].Batch(_row);

    private ReadOnlySpan<float> RowScores => _scorer.Scores(_current, CurrentRow);

    private int CurrentRow => _row >= 0 ? _row : throw new InvalidOperationException("The cursor is on no row; call MoveNext first, and stop when it returns false.");

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _row++;
        if (_row < _slots[_current].Rows || Fill())
        {
            _position++;
            return true;
        }

        _row = -1;
        _position = -1;
        return false;
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => _slots[_current].GetId(CurrentRow, ref id);

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new ArgumentException($"Column '{column.Name}' is not active; name it when the cursor is opened.", nameof(column));
        }

        Delegate? getter = column.Index < _source.Schema.Count
            ? BufferedGetter<TValue>(column.Index)
            : _view.ScoreColumns.Getter(column.Name, () => RowScores);
        return getter as ValueGetter<TValue>
            ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _scorer.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private ValueGetter<TValue>? BufferedGetter<TValue>(int column)
    {
        ColumnBuffer<TValue>?[] buffers = Array.ConvertAll(_slots, slot => slot.Column(column) as ColumnBuffer<TValue>);
        return buffers[0] is null ? null : (ref TValue value) => buffers[_current]!.Get(CurrentRow, ref value);
    }

    /// <summary>Goes on to the next batch, which is read unless that has been done while the last one was computed.</summary>
    private bool Fill()
    {
        int last = _current;
        int next = (last + 1) % _slots.Length;
        _slots[last].Clear();
        if (_slots[next].Rows == 0 && !Read(next))
        {
            return false;
        }

        // Not beside the first batch: whoever wants a few rows only gets them soon, and no more are read for it than needed.
        if (_readsAhead)
        {
            Read(last);
        }

        _readsAhead = _slots.Length > 1;
        _scorer.End(next);
        _current = next;
        _row = 0;
        return true;
    }

    /// <summary>Reads a batch and hands it over; false at the source's end.</summary>
    private bool Read(int slot)
    {
        RowBuffer rows = _slots[slot];
        while (rows.Rows < _scorer.MaxRows && !_sourceEnded)
        {
            _sourceEnded = !_source.MoveNext();
            if (!_sourceEnded)
            {
                _getFeatures(ref _features);
                _features.CopyTo(_scorer.Features(slot, rows.Rows));
                rows.Read();
            }
        }

        if (rows.Rows > 0)
        {
            _scorer.Begin(slot, rows.Rows);
        }

        return rows.Rows > 0;
    }
}
