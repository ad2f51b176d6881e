using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Onnx.Graph;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes the vector of features of several columns: each as Single, one after the other.</summary>
internal static class FeatureColumnsWriter
{
    /// <summary>Writes the column.</summary>
    /// <returns>(N, slots), FP32.</returns>
    public static OnnxValue Write(PipelineColumn column)
    {
        OnnxValue[] parts = [.. ((FeatureColumnsTransformer)column.Transformer).Parts.Select(part => Write(column, part))];
        if (parts.Length == 1)
        {
            return parts[0];
        }

        var (node, all) = column.AddNode("Concat", OnnxElementType.Float, parts);
        node.With("axis", 1L);
        return all;
    }

    private static OnnxValue Write(PipelineColumn column, FeaturePart part)
    {
        DataViewSchema.Column read = column.InputOf(part.Name);
        OnnxColumnType type = OnnxColumnType.Of(read.Type, read.Name);
        OnnxValue value = column.ValueOf(read);
        return column.Cast(
            type.Dimensions.Length == 1 ? value : column.Add("Reshape", type.Type, value, column.Integers("flat", 0, type.Width)),
            OnnxElementType.Float);
    }
}
