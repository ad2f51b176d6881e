using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes Concatenate: the elements of several columns of one type, one after the other.</summary>
internal static class ConcatenationWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, elements of a row).</returns>
    public static OnnxValue Write(PipelineColumn column)
    {
        string[] names = ((ColumnConcatenatingTransformer)column.Transformer)
            .Columns.Last(entry => entry.outputColumnName == column.Name)
            .inputColumnNames;
        var parts = Array.ConvertAll(names, name => Flatten(column, column.InputOf(name)));
        if (parts.Length == 1)
        {
            return parts[0];
        }

        var (node, all) = column.AddNode("Concat", column.Type.Type, parts);
        node.With("axis", 1L);
        return all;
    }

    private static OnnxValue Flatten(PipelineColumn column, DataViewSchema.Column part)
    {
        var type = OnnxColumnType.Of(part.Type, part.Name);
        var value = column.ValueOf(part);
        return type.Dimensions.Length == 1 ? value : column.Add("Reshape", type.Type, value, column.Integers("flat", 0, type.Width));
    }
}
