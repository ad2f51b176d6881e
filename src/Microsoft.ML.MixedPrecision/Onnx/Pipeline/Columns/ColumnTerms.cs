using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>A list of values of one type that a fitted transform holds: the values of keys, or one side of a map.</summary>
internal abstract class ColumnTerms
{
    /// <summary>The values.</summary>
    /// <typeparam name="T">Their type in ML.NET.</typeparam>
    public abstract T[] Of<T>();

    /// <summary>The values that the keys of a column stand for.</summary>
    public static ColumnTerms OfKeys(DataViewSchema.Column keys) => new KeyTerms(keys);

    /// <summary>The values of a column, row by row.</summary>
    public static ColumnTerms OfRows(IDataView rows, DataViewSchema.Column column) => new RowTerms(rows, column);

    private sealed class KeyTerms(DataViewSchema.Column keys) : ColumnTerms
    {
        /// <inheritdoc/>
        public override T[] Of<T>()
        {
            VBuffer<T> values = default;
            keys.GetKeyValues(ref values);
            return [.. values.DenseValues()];
        }
    }

    private sealed class RowTerms(IDataView rows, DataViewSchema.Column column) : ColumnTerms
    {
        /// <inheritdoc/>
        public override T[] Of<T>() => [.. rows.GetColumn<T>(column)];
    }
}
