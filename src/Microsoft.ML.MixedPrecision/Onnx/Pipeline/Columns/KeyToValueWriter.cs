using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes MapKeyToValue: y = the value of the key x; for a missing key NaN, 0, false or empty text, as the type has it.</summary>
internal static class KeyToValueWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, dimensions of the column).</returns>
    /// <exception cref="NotSupportedException">The values' type has no ONNX form.</exception>
    public static OnnxValue Write(PipelineColumn column)
        => ValueAt(column, column.Cast(column.InputValue, OnnxElementType.Int64), ColumnTerms.OfKeys(column.Input), Absent.IsNaN);

    /// <summary>The value at each place of a list.</summary>
    /// <param name="column">The column that is written, of the values' type.</param>
    /// <param name="place">Places, Int64, any shape: from 1; 0, and what is above the last one, is missing.</param>
    /// <param name="terms">The list.</param>
    /// <param name="absent">What stands for a missing number with a fraction; others are 0, false or empty text.</param>
    /// <returns>The shape of <paramref name="place"/>.</returns>
    /// <exception cref="NotSupportedException">The values' type has no ONNX form.</exception>
    public static OnnxValue ValueAt(PipelineColumn column, OnnxValue place, ColumnTerms terms, Absent absent)
    {
        var (values, count) = column.Type.Type switch
        {
            OnnxElementType.String => Texts(column, terms),
            OnnxElementType.Float when absent == Absent.IsNaN => Reals(column, terms, -1f),
            OnnxElementType.Double when absent == Absent.IsNaN => Reals(column, terms, -1d),
            OnnxElementType.Float => Values(column, terms, 0f),
            OnnxElementType.Double => Values(column, terms, 0d),
            OnnxElementType.Bool => Values(column, terms, false),
            OnnxElementType.Int8 => Values<sbyte>(column, terms, 0),
            OnnxElementType.Int16 => Values<short>(column, terms, 0),
            OnnxElementType.Int32 => Values(column, terms, 0),
            OnnxElementType.Int64 => Values(column, terms, 0L),
            OnnxElementType.UInt8 => Values<byte>(column, terms, 0),
            OnnxElementType.UInt16 => Values<ushort>(column, terms, 0),
            OnnxElementType.UInt32 => Values(column, terms, 0u),
            OnnxElementType.UInt64 => Values(column, terms, 0ul),
            _ => throw column.Refusal($"is of type {column.DataType}, which ONNX cannot look up"),
        };

        // A key above the last one is missing too: the table ends as it begins.
        var key = column.Add("Min", OnnxElementType.Int64, place, column.Integers("past", count + 1L));
        return column.Add("Gather", column.Type.Type, values, key);
    }

    private static (OnnxValue Values, int Count) Values<T>(PipelineColumn column, ColumnTerms terms, T missing)
        where T : unmanaged
    {
        T[] values = terms.Of<T>();
        return (column.Constant("values", column.Type.Type, [missing, .. values, missing], values.Length + 2), values.Length);
    }

    /// <summary>NaN is computed, as √−1: files with constants that are not finite are refused by careful readers, ours included.</summary>
    private static (OnnxValue Values, int Count) Reals<T>(PipelineColumn column, ColumnTerms terms, T negative)
        where T : unmanaged
    {
        T[] values = terms.Of<T>();
        var type = column.Type.Type;
        var missing = column.Add("Sqrt", type, column.Constant("negative", type, [negative], 1));
        var (node, table) = column.AddNode("Concat", type, missing, column.Constant("values", type, values, values.Length), missing);
        node.With("axis", 0L);
        return (table, values.Length);
    }

    private static (OnnxValue Values, int Count) Texts(PipelineColumn column, ColumnTerms terms)
    {
        var values = terms.Of<ReadOnlyMemory<char>>();
        return (column.Texts("values", ["", .. values.Select(value => value.ToString()), ""]), values.Length);
    }

    /// <summary>What stands for a missing number with a fraction.</summary>
    public enum Absent
    {
        /// <summary>NaN, as MapKeyToValue has it.</summary>
        IsNaN,

        /// <summary>0, as MapValue has it.</summary>
        IsZero,
    }
}
