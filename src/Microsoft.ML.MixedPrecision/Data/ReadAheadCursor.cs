using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>
/// Reads rows ahead, has new columns computed for a batch of them at once, and hands them out one by one with the columns of the source.
/// With two slots,
/// from the second batch on, the caller's thread reads the next batch while the last one is computed; the source is read by the caller's
/// thread alone.
/// </summary>
internal abstract class ReadAheadCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _source;
    private readonly bool[] _active;
    private readonly RowBuffer[] _slots;
    private int _row = -1;
    private long _position = -1;
    private bool _readsAhead;
    private bool _sourceEnded;

    /// <summary>Opens a cursor.</summary>
    /// <param name="schema">The columns of the view, in which those of the source have kept their type.</param>
    /// <param name="source">Cursor over the view's source with all columns needed; this one owns it.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="sourceOf">The source's column that a column of the view is; null for a new one.</param>
    /// <param name="room">Batches that are held at a time, 1 or 2, and the most rows of each.</param>
    protected ReadAheadCursor(
        DataViewSchema schema,
        DataViewRowCursor source,
        IReadOnlyList<DataViewSchema.Column> columns,
        Func<int, DataViewSchema.Column?> sourceOf,
        (int Slots, int Rows) room)
    {
        Schema = schema;
        _source = source;
        _active = new bool[schema.Count];
        var kept = new DataViewSchema.Column?[schema.Count];
        foreach (DataViewSchema.Column column in columns)
        {
            _active[column.Index] = true;
            kept[column.Index] = sourceOf(column.Index);
        }

        _slots = [.. Enumerable.Range(0, room.Slots).Select(_ => new RowBuffer(source, kept, room.Rows))];
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _row < 0 ? _source.Batch : _slots[CurrentSlot].Batch(_row);

    /// <summary>The batch that rows are handed out of.</summary>
    protected int CurrentSlot { get; private set; }

    /// <summary>The current row in it.</summary>
    protected int CurrentRow
        => _row >= 0
            ? _row
            : throw new InvalidOperationException("The cursor is on no row; call MoveNext first, and stop when it returns false.");

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _row++;
        if (_row < _slots[CurrentSlot].Rows || Fill())
        {
            _position++;
            return true;
        }

        _row = -1;
        _position = -1;
        return false;
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => _slots[CurrentSlot].GetId(CurrentRow, ref id);

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new ArgumentException($"Column '{column.Name}' is not active; name it when the cursor is opened.", nameof(column));
        }

        Delegate? getter = _slots[0].Column(column.Index) is null ? NewColumn(column) : BufferedGetter<TValue>(column.Index);
        return getter as ValueGetter<TValue>
            ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
    }

    /// <summary>A getter of a column that the source does not have.</summary>
    /// <param name="column">The column.</param>
    /// <returns>A <c>ValueGetter</c> of the column's type, for <see cref="CurrentRow"/> of <see cref="CurrentSlot"/>.</returns>
    protected abstract Delegate NewColumn(DataViewSchema.Column column);

    /// <summary>Takes what the new columns are computed from out of the source's current row.</summary>
    /// <param name="slot">The batch that it is for.</param>
    /// <param name="row">Where to in it.</param>
    protected abstract void ReadInputs(int slot, int row);

    /// <summary>Computes the new columns of a batch, or begins to.</summary>
    /// <param name="slot">The batch.</param>
    /// <param name="rows">Its rows.</param>
    protected abstract void Begin(int slot, int rows);

    /// <summary>Waits until a batch has been computed.</summary>
    /// <param name="slot">The batch.</param>
    protected abstract void End(int slot);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private ValueGetter<TValue>? BufferedGetter<TValue>(int column)
    {
        ColumnBuffer<TValue>?[] buffers = Array.ConvertAll(_slots, slot => slot.Column(column) as ColumnBuffer<TValue>);
        return buffers[0] is null ? null : (ref TValue value) => buffers[CurrentSlot]!.Get(CurrentRow, ref value);
    }

    /// <summary>Goes on to the next batch, which is read unless that has been done while the last one was computed.</summary>
    private bool Fill()
    {
        int last = CurrentSlot;
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
        End(next);
        CurrentSlot = next;
        _row = 0;
        return true;
    }

    /// <summary>Reads a batch and hands it over; false at the source's end.</summary>
    private bool Read(int slot)
    {
        RowBuffer rows = _slots[slot];
        while (rows.Rows < rows.Capacity && !_sourceEnded)
        {
            _sourceEnded = !_source.MoveNext();
            if (!_sourceEnded)
            {
                ReadInputs(slot, rows.Rows);
                rows.Read();
            }
        }

        if (rows.Rows > 0)
        {
            Begin(slot, rows.Rows);
        }

        return rows.Rows > 0;
    }
}
