using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>The slots of a vector that are the categories of one column each, as <c>OneHotEncoding</c> notes them beside what it makes and
/// <c>Concatenate</c> passes on: the annotation that LightGBM and FastTree read too.</summary>
internal static class CategoricalSlots
{
    /// <summary>The ranges of slots, in the order of the annotation; none where there is no such annotation, or not one for so many
    /// slots.</summary>
    /// <param name="column">A column of vectors.</param>
    /// <param name="slots">Slots of a vector.</param>
    public static IReadOnlyList<(int First, int Count)> Of(DataViewSchema.Column column, int slots)
    {
        DataViewType? type = column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.CategoricalSlotRanges)?.Type;
        if (type is not VectorDataViewType vector || vector.ItemType.RawType != typeof(int))
        {
            return [];
        }

        VBuffer<int> bounds = default;
        column.Annotations.GetValue(AnnotationUtils.Kinds.CategoricalSlotRanges, ref bounds);
        int[][] ranges = [.. bounds.DenseValues().Chunk(2)];
        bool fits = ranges.All(range => range is [>= 0, _] && range[1] >= range[0] && range[1] < slots);
        return fits ? [.. ranges.Select(range => (range[0], range[1] - range[0] + 1))] : [];
    }
}
