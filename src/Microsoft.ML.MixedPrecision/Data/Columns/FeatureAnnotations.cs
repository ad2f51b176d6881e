using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>What is noted of the slots of a vector that is made of several columns: their names, which are a column's one-hot categories,
/// and how many values the keys at its end can take.</summary>
internal static class FeatureAnnotations
{
    /// <summary>The annotations of the vector.</summary>
    /// <param name="parts">The columns that it is made of, those of keys last.</param>
    /// <param name="columns">The same in the data.</param>
    public static DataViewSchema.Annotations Of(IReadOnlyList<FeaturePart> parts, DataViewSchema.Column[] columns)
    {
        string[] names = [.. parts.Zip(columns).SelectMany(pair => NamesOf(pair.First, pair.Second))];
        int[] ranges = [.. RangesOf(parts, columns)];
        int[] levels = [.. parts.SelectMany(part => Enumerable.Repeat(part.Levels, part.Levels > 0 ? part.Size : 0))];
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddSlotNames(
            names.Length,
            (ref VBuffer<ReadOnlyMemory<char>> value) => value = new(names.Length, Array.ConvertAll(names, name => name.AsMemory())));
        Add(builder, AnnotationUtils.Kinds.CategoricalSlotRanges, ranges, ranges.Length / 2, 2);
        Add(builder, CategoryLevels.Kind, levels, levels.Length);
        return builder.ToAnnotations();
    }

    private static void Add(DataViewSchema.Annotations.Builder builder, string kind, int[] values, params int[] dimensions)
    {
        if (values.Length > 0)
        {
            var type = new VectorDataViewType(NumberDataViewType.Int32, dimensions);
            builder.Add(kind, type, (ref VBuffer<int> value) => value = new(values.Length, [.. values]));
        }
    }

    /// <summary>As <c>Concatenate</c> names slots: a single number by its column, a slot by both; one without a name by its
    /// number.</summary>
    private static IEnumerable<string> NamesOf(FeaturePart part, DataViewSchema.Column column)
    {
        if (!part.IsVector)
        {
            return [part.Name];
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        if (column.HasSlotNames())
        {
            column.GetSlotNames(ref names);
        }

        return Enumerable.Range(0, part.Size).Select(slot => names.Length == part.Size && !names.GetItemOrDefault(slot).IsEmpty
            ? $"{part.Name}.{names.GetItemOrDefault(slot)}"
            : string.Create(CultureInfo.InvariantCulture, $"{part.Name}.{slot}"));
    }

    private static IEnumerable<int> RangesOf(IReadOnlyList<FeaturePart> parts, DataViewSchema.Column[] columns)
    {
        int at = 0;
        foreach ((FeaturePart part, DataViewSchema.Column column) in parts.Zip(columns))
        {
            foreach ((int first, int count) in part is { IsVector: true, Levels: 0 } ? CategoricalSlots.Of(column, part.Size) : [])
            {
                yield return at + first;
                yield return at + first + count - 1;
            }

            at += part.Size;
        }
    }
}
