using Microsoft.ML.MixedPrecision.Onnx.Graph;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Onnx.Pipeline.Columns;

/// <summary>Writes what SelectFeaturesBasedOnCount and SelectFeaturesBasedOnMutualInformation have learnt: the elements of a vector at the
/// places that are kept.</summary>
internal static class SlotDroppingWriter
{
    /// <summary>Writes a column.</summary>
    /// <returns>(N, elements that are kept).</returns>
    /// <exception cref="NotSupportedException">No element is kept: ML.NET then gives one element of no meaning.</exception>
    public static OnnxValue Write(PipelineColumn column)
    {
        var transformer = (SlotsDroppingTransformer)column.Transformer;
        int at = Array.FindLastIndex(transformer.ColumnPairs, pair => pair.outputColumnName == column.Name);
        var (from, to) = (transformer.SlotsMin[at], transformer.SlotsMax[at]);
        int width = column.InputType.Width;
        long[] kept = [.. Enumerable.Range(0, width).Where(
            place => !from.Zip(to).Any(range => place >= range.First && place <= range.Second))
            .Select(place => (long)place)];
        if (kept.Length == 0)
        {
            throw column.Refusal($"keeps none of the {width} elements of '{column.Input.Name}'");
        }

        var x = column.InputValue;
        if (column.InputType.Dimensions.Length > 1)
        {
            x = column.Add("Reshape", x.Type, x, column.Integers("flat", 0, width));
        }

        if (kept.Length == width)
        {
            return x;
        }

        var (node, y) = column.AddNode("Gather", column.Type.Type, x, column.Integers("kept", kept));
        node.With("axis", 1L);
        return y;
    }
}
