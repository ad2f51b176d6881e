using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>A column that features are read from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Item">.NET's name of the type of an item: <c>Single</c>, <c>Boolean</c>, <c>UInt32</c>.</param>
/// <param name="Size">Items of a row.</param>
/// <param name="IsVector">Whether it is a vector.</param>
/// <param name="Levels">Values that its keys can take; 0 for numbers.</param>
internal sealed record FeaturePart(string Name, string Item, int Size, bool IsVector, int Levels)
{
    /// <summary>What the column holds, for messages.</summary>
    private string Text
    {
        get
        {
            string item = Levels > 0 ? string.Create(CultureInfo.InvariantCulture, $"keys of {Levels} values") : Item;
            return IsVector ? string.Create(CultureInfo.InvariantCulture, $"vectors of {Size} {item}") : $"single {item}";
        }
    }

    /// <summary>A column of data, of a kind that features are read from.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentOutOfRangeException">Its keys can take too many values.</exception>
    public static FeaturePart Of(DataViewSchema.Column column)
    {
        var vector = column.Type as VectorDataViewType;
        DataViewType item = vector?.ItemType ?? column.Type;
        ulong levels = (item as KeyDataViewType)?.Count ?? 0;
        return levels <= NumbersInput.MostLevels
            ? new FeaturePart(column.Name, item.RawType.Name, vector?.Size ?? 1, vector is not null, (int)levels)
            : throw new ArgumentOutOfRangeException(
                nameof(column),
                string.Create(CultureInfo.InvariantCulture, $"The categorical column '{column.Name}' has a key of {levels} values; there "
                    + $"must be at most {NumbersInput.MostLevels}. Give MapValueToKey a maximumNumberOfKeys, or hash into fewer with "
                    + $"Conversion.Hash."));
    }

    /// <summary>Finds the column in data to map, which must have it as the data had it that were trained on.</summary>
    /// <param name="schema">The data's columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or holds something else.</exception>
    public DataViewSchema.Column Find(DataViewSchema schema)
    {
        if (schema.GetColumnOrNull(Name) is not { } column)
        {
            throw new ArgumentOutOfRangeException(nameof(schema), $"There is no column '{Name}', which the model reads features from; "
                + $"there are {string.Join(", ", schema.Where(other => !other.IsHidden).Select(other => other.Name))}. Apply the whole "
                + "fitted pipeline, or add a step that makes the column.");
        }

        var vector = column.Type as VectorDataViewType;
        DataViewType item = vector?.ItemType ?? column.Type;
        ulong levels = (item as KeyDataViewType)?.Count ?? 0;
        bool same = item.RawType.Name == Item && levels == (ulong)Levels && vector is not null == IsVector
            && (vector?.Size ?? 1) == Size;
        return same
            ? column
            : throw new ArgumentOutOfRangeException(nameof(schema), $"The column '{Name}', which the model reads features from, holds "
                + $"{column.Type}; the model was trained on {Text}. Apply the same fitted transforms as in training.");
    }
}
