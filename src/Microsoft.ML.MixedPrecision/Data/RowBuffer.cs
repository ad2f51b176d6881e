using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>What a cursor has read of the rows of a batch, besides what is computed from.</summary>
internal sealed class RowBuffer
{
    private readonly DataViewRowCursor _source;
    private readonly ColumnBuffer?[] _columns;
    private readonly ColumnBuffer<DataViewRowId> _ids;
    private readonly long[] _batches;

    /// <summary>Makes room.</summary>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="columns">The source's columns that are kept; null for one that is not.</param>
    /// <param name="rows">Most rows.</param>
    public RowBuffer(DataViewRowCursor source, DataViewSchema.Column?[] columns, int rows)
    {
        _source = source;
        _columns = Array.ConvertAll(columns, column => column is { } kept ? ColumnBuffer.Create(source, kept, rows) : null);
        _ids = new ScalarBuffer<DataViewRowId>(source.GetIdGetter(), rows);
        _batches = new long[rows];
    }

    /// <summary>Rows that have been read.</summary>
    public int Rows { get; private set; }

    /// <summary>Most rows.</summary>
    public int Capacity => _batches.Length;

    /// <summary>Forgets the rows.</summary>
    public void Clear() => Rows = 0;

    /// <summary>Appends the source's current row.</summary>
    public void Read()
    {
        _batches[Rows] = _source.Batch;
        _ids.Read(Rows);
        foreach (ColumnBuffer? column in _columns)
        {
            column?.Read(Rows);
        }

        Rows++;
    }

    /// <summary>The values of a column, by its place among those given; null if it is not kept.</summary>
    public ColumnBuffer? Column(int index) => _columns[index];

    /// <summary>A row's id.</summary>
    public void GetId(int row, ref DataViewRowId id) => _ids.Get(row, ref id);

    /// <summary>A row's batch in the source.</summary>
    public long Batch(int row) => _batches[row];
}
