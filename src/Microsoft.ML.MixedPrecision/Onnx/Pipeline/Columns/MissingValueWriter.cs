using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes ReplaceMissingValues and IndicateMissingValues; NaN is missing.</summary>
internal static class MissingValueWriter
{
    /// <summary>y = replacement where x is NaN, else x; a replacement for each element of a row.</summary>
    /// <returns>(N, dimensions of the column).</returns>
    /// <exception cref="NotSupportedException">The column is neither Single nor Double.</exception>
    public static OnnxValue WriteReplacement(PipelineColumn column) => column.Type.Type switch
    {
        OnnxElementType.Float => Replace<float>(column),
        OnnxElementType.Double => Replace<double>(column),
        _ => throw column.Refusal($"is of type {column.DataType}; missing values are replaced in Single and Double only"),
    };

    /// <summary>y = whether x is NaN.</summary>
    /// <returns>(N, dimensions of the column), booleans.</returns>
    /// <exception cref="NotSupportedException">The input is neither Single nor Double.</exception>
    public static OnnxValue WriteIndicator(PipelineColumn column)
        => column.InputType.Type is OnnxElementType.Float or OnnxElementType.Double
            ? column.Add("IsNaN", OnnxElementType.Bool, column.InputValue)
            : throw column.Refusal($"is made from '{column.Input.Name}' of type {column.Input.Type}; missing values are found in "
                + $"Single and Double only");

    private static OnnxValue Replace<T>(PipelineColumn column)
        where T : unmanaged
    {
        var type = column.Type.Type;
        var replacement = column.Constant("replacement", type, Replacements<T>(column), column.Type.Dimensions);
        var isMissing = column.Add("IsNaN", OnnxElementType.Bool, column.InputValue);
        return column.Add("Where", type, isMissing, replacement, column.InputValue);
    }

    /// <summary>What the fitted transform itself puts in the place of missing values: it does not tell its replacements.</summary>
    private static T[] Replacements<T>(PipelineColumn column)
        where T : unmanaged
    {
        var builder = new ArrayDataViewBuilder(new MLContext());
        foreach (string name in ((OneToOneTransformerBase)column.Transformer).ColumnPairs.Select(pair => pair.inputColumnName).Distinct())
        {
            AddMissing(builder, name, column.Before[name].Type);
        }

        var row = column.Transformer.Transform(builder.GetDataView());
        return column.DataType is VectorDataViewType ? row.GetColumn<T[]>(column.Name).Single() : [.. row.GetColumn<T>(column.Name)];
    }

    private static void AddMissing(ArrayDataViewBuilder builder, string name, DataViewType type)
    {
        if (((type as VectorDataViewType)?.ItemType ?? type).RawType == typeof(double))
        {
            AddMissing(builder, name, type, double.NaN);
        }
        else
        {
            AddMissing(builder, name, type, float.NaN);
        }
    }

    private static void AddMissing<T>(ArrayDataViewBuilder builder, string name, DataViewType type, T missing)
    {
        if (type is VectorDataViewType vector)
        {
            builder.AddColumn(name, vector.ItemType, new VBuffer<T>(vector.Size, [.. Enumerable.Repeat(missing, vector.Size)]));
        }
        else
        {
            builder.AddColumn(name, (PrimitiveDataViewType)type, missing);
        }
    }
}
