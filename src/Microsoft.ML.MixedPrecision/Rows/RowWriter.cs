using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>
/// Writes the columns of one row into a store's memory, in any order; what is not written stays 0. The row counts once it is committed:
/// until then the store has one row less, and the next row that is begun starts from zeros again.
/// </summary>
internal readonly unsafe ref struct RowWriter
{
    private readonly RowStore _store;

    /// <summary>The store makes it.</summary>
    internal RowWriter(RowStore store, int row) => (_store, Row) = (store, row);

    /// <summary>Number that the row will have.</summary>
    public int Row { get; }

    /// <summary>Writes numbers, rounding them to the column's format, to nearest even.</summary>
    /// <param name="column">The column: <see cref="RowSchema.IndexOf"/>.</param>
    /// <param name="values">All elements of the example, row behind row without padding.</param>
    /// <exception cref="ArgumentException">There are more or fewer than the column has, or it has words.</exception>
    public void Numbers(int column, ReadOnlySpan<float> values)
    {
        SchemaColumn its = _store.Schema.Columns[column];
        if (its.Kind != ElementKind.Number || values.Length != its.Elements)
        {
            throw new ArgumentException($"{values.Length} numbers are no example of column {its}.", nameof(values));
        }

        _store.Round(column, Row, values);
    }

    /// <summary>The words of a column, to write.</summary>
    /// <typeparam name="T">Int32, Float32 or bytes, as the column has.</typeparam>
    /// <param name="column">The column: <see cref="RowSchema.IndexOf"/>.</param>
    /// <exception cref="ArgumentException">The column has something else.</exception>
    public Span<T> Words<T>(int column)
        where T : unmanaged
    {
        SchemaColumn its = _store.Schema.Columns[column];
        ElementKind kind = typeof(T) == typeof(int) ? ElementKind.Int32
            : typeof(T) == typeof(float) ? ElementKind.Float32
            : typeof(T) == typeof(byte) ? ElementKind.Byte
            : ElementKind.Number;
        return kind == its.Kind && kind != ElementKind.Number
            ? MemoryMarshal.Cast<byte, T>(_store.Written(column, Row))
            : throw new ArgumentException($"Column {its} has no words of {typeof(T).Name}.", nameof(column));
    }

    /// <summary>Writes the entries of a column of sparse numbers, once a row.</summary>
    /// <param name="column">The column: <see cref="RowSchema.IndexOf"/>.</param>
    /// <param name="slots">Slots of the numbers that are not 0, ascending.</param>
    /// <param name="values">The numbers, which are rounded to the column's format, to nearest even.</param>
    /// <exception cref="ArgumentException">There are more slots than numbers, or fewer; or the column has something else.</exception>
    /// <exception cref="InvalidOperationException">A slot is outside of the column, or they do not ascend.</exception>
    public void Entries(int column, ReadOnlySpan<int> slots, ReadOnlySpan<float> values)
    {
        SchemaColumn its = _store.Schema.Columns[column];
        if (its.Kind != ElementKind.Entry || slots.Length != values.Length)
        {
            throw new ArgumentException($"{slots.Length} slots and {values.Length} numbers are no example of column {its}.", nameof(slots));
        }

        _store.WriteEntries(column, Row, slots, values);
    }

    /// <summary>Ends the row.</summary>
    /// <exception cref="InvalidOperationException">An id, class or length is outside of its limits: the message names row, column and
    /// value. Or the row was committed before, or another was begun since.</exception>
    public void Commit() => _store.Commit(Row);
}
