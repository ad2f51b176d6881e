using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Puts the items of a row's column, one for a scalar, into memory that the row before may have filled.</summary>
/// <typeparam name="T">Type of the items.</typeparam>
/// <param name="items">Receives them; of the length that the column's type says.</param>
/// <exception cref="InvalidOperationException">The row has more of them, or fewer.</exception>
internal delegate void ItemReader<T>(Span<T> items);

/// <summary>A column of rows that are read one after the other.</summary>
/// <param name="Row">The rows, of which the current one is read.</param>
/// <param name="Column">An active column: a vector of known size, or a scalar.</param>
/// <param name="Cursors">Cursors that share the rows among them; only where there is one, its position is the number of a row.</param>
internal readonly record struct RowColumn(DataViewRow Row, DataViewSchema.Column Column, int Cursors = 1)
{
    /// <summary>The column at the current row, for messages.</summary>
    public RowPlace Place => new(Column.Name, Cursors == 1 ? Row as DataViewRowCursor : null);

    /// <summary>A reader of the items, whose number it checks.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    public ItemReader<T> Reader<T>()
    {
        if (Column.Type is not VectorDataViewType)
        {
            ValueGetter<T> getScalar = Row.GetGetter<T>(Column);
            return items => getScalar(ref items[0]);
        }

        ValueGetter<VBuffer<T>> getVector = Row.GetGetter<VBuffer<T>>(Column);
        RowPlace place = Place;
        VBuffer<T> vector = default;
        return items =>
        {
            getVector(ref vector);
            VectorItems.CopyTo(vector, items, place);
        };
    }
}
