using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>How many values the keys at the end of a vector of features can take, as it is noted beside the vector.</summary>
internal static class CategoryLevels
{
    /// <summary>Name of the annotation: a vector of Int32, an item for each of the last slots that is a key, 0 for missing.</summary>
    public const string Kind = "MixedPrecisionCategoryLevels";

    /// <summary>The annotation; none where there is no such annotation, or not one for so many slots.</summary>
    /// <param name="column">A column of vectors.</param>
    /// <param name="slots">Slots of a vector.</param>
    public static IReadOnlyList<int> Of(DataViewSchema.Column column, int slots)
    {
        if (column.Annotations.Schema.GetColumnOrNull(Kind)?.Type is not VectorDataViewType vector
            || vector.ItemType.RawType != typeof(int))
        {
            return [];
        }

        VBuffer<int> levels = default;
        column.Annotations.GetValue(Kind, ref levels);
        int[] all = [.. levels.DenseValues()];
        return all.Length <= slots && Array.TrueForAll(all, count => count is >= 1 and <= NumbersInput.MostLevels) ? all : [];
    }
}
