using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>Compares what the keys of two columns stand for.</summary>
internal static class KeyValues
{
    private const string Annotation = "KeyValues";

    private static readonly MethodInfo TextsMethod = typeof(KeyValues).GetMethod(
        nameof(Texts),
        BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>The first key, from 0, that stands for different values; −1 if there is none, or if a column does not say what its keys
    /// stand for.</summary>
    /// <param name="first">A key column.</param>
    /// <param name="second">Another of as many keys.</param>
    public static int FirstDifference(DataViewSchema.Column first, DataViewSchema.Column second)
    {
        if (TextsOf(first) is not { } firstTexts || TextsOf(second) is not { } secondTexts)
        {
            return -1;
        }

        int same = firstTexts.AsSpan().CommonPrefixLength(secondTexts);
        return same == firstTexts.Length && same == secondTexts.Length ? -1 : same;
    }

    /// <summary>What a column's keys stand for, as text; null if it does not say.</summary>
    public static string?[]? TextsOf(DataViewSchema.Column column)
        => column.Annotations.Schema.GetColumnOrNull(Annotation)?.Type is VectorDataViewType type
            ? (string?[])TextsMethod.MakeGenericMethod(type.ItemType.RawType).Invoke(
                null,
                BindingFlags.DoNotWrapExceptions,
                null,
                [column],
                null)!
            : null;

    private static string?[] Texts<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(Annotation, ref values);
        return [
            .. values.DenseValues().Select(
                value => value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : value?.ToString())];
    }
}
