using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Reads rows ahead, has new columns computed for all of them at once, and hands them out one by one with the columns of the source.</summary>
internal abstract class ReadAheadCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _source;
    private readonly ColumnBuffer?[] _columns;
    private readonly bool[] _active;
    private readonly ColumnBuffer<DataViewRowId> _ids;
    private readonly long[] _batches;
    private int _rows;
    private int _row = -1;
    private long _position = -1;
    private bool _sourceEnded;

    /// <summary>Opens a cursor.</summary>
    /// <param name="schema">The columns of the view, in which those of the source have kept their type.</param>
    /// <param name="source">Cursor over the view's source with all columns needed; this one owns it.</param>
    /// <param name="columns">The active columns of the view.</param>
    /// <param name="sourceOf">The source's column that a column of the view is; null for a new one.</param>
    /// <param name="rows">Rows read ahead, at most.</param>
    protected ReadAheadCursor(DataViewSchema schema, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns, Func<int, DataViewSchema.Column?> sourceOf, int rows)
    {
        Schema = schema;
        _source = source;
        _active = new bool[schema.Count];
        _columns = new ColumnBuffer[schema.Count];
        foreach (DataViewSchema.Column column in columns)
        {
            _active[column.Index] = true;
            _columns[column.Index] = sourceOf(column.Index) is { } kept ? ColumnBuffer.Create(source, kept, rows) : null;
        }

        _ids = new ScalarBuffer<DataViewRowId>(source.GetIdGetter(), rows);
        _batches = new long[rows];
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _row < 0 ? _source.Batch : _batches[_row];

    /// <summary>Rows read ahead, at most.</summary>
    protected int Capacity => _batches.Length;

    /// <summary>The current row among those read ahead.</summary>
    protected int CurrentRow => _row >= 0 ? _row : throw new InvalidOperationException("The cursor is on no row; call MoveNext first, and stop when it returns false.");

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _row++;
        if (_row < _rows || Fill())
        {
            _position++;
            return true;
        }

        _row = -1;
        _position = -1;
        return false;
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => _ids.Get(CurrentRow, ref id);

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
        {
            throw new ArgumentException($"Column '{column.Name}' is not active; name it when the cursor is opened.", nameof(column));
        }

        Delegate? getter = _columns[column.Index] is { } buffer ? BufferedGetter<TValue>(buffer) : NewColumn(column);
        return getter as ValueGetter<TValue>
            ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
    }

    /// <summary>A getter of a column that the source does not have.</summary>
    /// <param name="column">The column.</param>
    /// <returns>A <c>ValueGetter</c> of the column's type, for <see cref="CurrentRow"/>.</returns>
    protected abstract Delegate NewColumn(DataViewSchema.Column column);

    /// <summary>Takes what the new columns are computed from out of the source's current row.</summary>
    /// <param name="row">Where to.</param>
    protected abstract void ReadInputs(int row);

    /// <summary>Computes the new columns.</summary>
    /// <param name="rows">Of the first so many rows.</param>
    protected abstract void Run(int rows);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private ValueGetter<TValue>? BufferedGetter<TValue>(ColumnBuffer buffer)
        => buffer is ColumnBuffer<TValue> typed ? (ref TValue value) => typed.Get(CurrentRow, ref value) : null;

    private bool Fill()
    {
        _row = 0;
        _rows = 0;
        while (_rows < Capacity && !_sourceEnded)
        {
            if (_source.MoveNext())
            {
                ReadRow(_rows++);
            }
            else
            {
                _sourceEnded = true;
            }
        }

        if (_rows > 0)
        {
            Run(_rows);
        }

        return _rows > 0;
    }

    private void ReadRow(int row)
    {
        ReadInputs(row);
        _batches[row] = _source.Batch;
        _ids.Read(row);
        foreach (ColumnBuffer? column in _columns)
        {
            column?.Read(row);
        }
    }
}
