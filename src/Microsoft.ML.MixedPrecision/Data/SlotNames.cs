using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>What to call a slot of a vector in a message.</summary>
internal static class SlotNames
{
    /// <summary>Its position and, where the column has one, its name.</summary>
    /// <param name="column">A column of vectors.</param>
    /// <param name="slot">Position in the vector, from 0.</param>
    public static string Of(DataViewSchema.Column column, int slot)
    {
        string position = string.Create(CultureInfo.InvariantCulture, $"slot {slot}");
        if (!column.HasSlotNames())
        {
            return position;
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        ReadOnlyMemory<char> name = names.GetItemOrDefault(slot);
        return name.IsEmpty ? position : $"{position} ('{name}')";
    }
}
