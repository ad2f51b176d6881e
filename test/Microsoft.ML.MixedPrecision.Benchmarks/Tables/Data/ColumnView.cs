using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>Some rows of columns in memory, as ML.NET sees them.</summary>
internal sealed class ColumnView : IDataView
{
    private readonly IReadOnlyList<ViewColumn> _columns;
    private readonly int[] _rows;

    /// <summary>A view.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">Which of their rows, in this order.</param>
    public ColumnView(IReadOnlyList<ViewColumn> columns, int[] rows)
    {
        (_columns, _rows) = (columns, rows);
        var builder = new DataViewSchema.Builder();
        foreach (ViewColumn column in columns)
        {
            builder.AddColumn(column.Name, column.Type);
        }

        Schema = builder.ToSchema();
    }

    /// <inheritdoc/>
    public bool CanShuffle => false;

    /// <inheritdoc/>
    public DataViewSchema Schema { get; }

    /// <inheritdoc/>
    public long? GetRowCount() => _rows.Length;

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columnsNeeded.Select(column => column.Index).ToHashSet());

    /// <inheritdoc/>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(ColumnView view, HashSet<int> active) : DataViewRowCursor
    {
        private int _position = -1;

        public override long Position => _position;

        public override long Batch => 0;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override bool MoveNext() => _position < view._rows.Length && ++_position < view._rows.Length;

        [SuppressMessage("Usage", "CA2201", Justification = "What ML.NET's own cursors throw.")]
        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
            => view._columns[column.Index].Getter(() => view._rows[_position]) as ValueGetter<TValue>
                ?? throw new InvalidOperationException($"Column {column.Name} has values of {column.Type}, not of {typeof(TValue)}.");

        public override ValueGetter<DataViewRowId> GetIdGetter()
            => (ref DataViewRowId value) => value = new DataViewRowId((ulong)_position, 0);
    }
}
