using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Reads rows ahead, scores them in one batch, and hands them out one by one.</summary>
internal sealed class ScoringCursor : DataViewRowCursor
{
    private readonly ScoredDataView _view;
    private readonly DataViewRowCursor _source;
    private readonly ColumnBuffer?[] _columns;
    private readonly bool[] _active;
    private readonly ColumnBuffer<DataViewRowId> _ids;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly ScoringSession _session;
    private readonly float[] _scores;
    private readonly long[] _batches;
    private readonly int _outputs;
    private VBuffer<float> _features;
    private int _rows;
    private int _row = -1;
    private long _position = -1;
    private bool _sourceEnded;

    /// <summary>Opens a cursor.</summary>
    /// <param name="view">Whose cursor it is.</param>
    /// <param name="source">Cursor over the view's source with all columns needed.</param>
    /// <param name="columns">The active columns of the view.</param>
    public ScoringCursor(ScoredDataView view, DataViewRowCursor source, IReadOnlyList<DataViewSchema.Column> columns)
    {
        _view = view;
        _source = source;
        NetworkDefinition shape = view.Model.Definition;
        _outputs = shape.Outputs;
        int rows = (int)Math.Clamp(view.GetRowCount() ?? ScoredDataView.BatchRows, 1, ScoredDataView.RowsOfBatch(shape.Inputs, shape.Outputs));
        _active = new bool[view.Schema.Count];
        _columns = new ColumnBuffer[view.Source.Schema.Count];
        foreach (DataViewSchema.Column column in columns)
        {
            _active[column.Index] = true;
            if (column.Index < _columns.Length)
            {
                _columns[column.Index] = ColumnBuffer.Create(source, view.Source.Schema[column.Index], rows);
            }
        }

        _ids = new ScalarBuffer<DataViewRowId>(source.GetIdGetter(), rows);
        _getFeatures = source.GetGetter<VBuffer<float>>(view.Features);
        _session = view.Model.CreateBulkSession(rows);
        _scores = new float[rows * _outputs];
        _batches = new long[rows];
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _view.Schema;

    /// <inheritdoc/>
    public override long Position => _position;

    /// <inheritdoc/>
    public override long Batch => _row < 0 ? _source.Batch : _batches[_row];

    private ReadOnlySpan<float> RowScores => _scores.AsSpan(CurrentRow * _outputs, _outputs);

    private int CurrentRow => _row >= 0 ? _row : throw new InvalidOperationException("The cursor is on no row; call MoveNext first, and stop when it returns false.");

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

        Delegate? getter = column.Index < _columns.Length
            ? BufferedGetter<TValue>(_columns[column.Index]!)
            : _view.ScoreColumns.Getter(column.Name, () => RowScores);
        return getter as ValueGetter<TValue>
            ?? throw new ArgumentException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}.", nameof(column));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _session.Dispose();
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
        Tensor x = _session.Input(_batches.Length);
        while (_rows < _batches.Length && !_sourceEnded)
        {
            if (_source.MoveNext())
            {
                ReadRow(_rows++, x);
            }
            else
            {
                _sourceEnded = true;
            }
        }

        if (_rows > 0)
        {
            _session.Run(_rows, _scores);
        }

        return _rows > 0;
    }

    private void ReadRow(int row, Tensor x)
    {
        _getFeatures(ref _features);
        _features.CopyTo(ScoringSession.RowOf(x, row));
        _batches[row] = _source.Batch;
        _ids.Read(row);
        foreach (ColumnBuffer? column in _columns)
        {
            column?.Read(row);
        }
    }
}
