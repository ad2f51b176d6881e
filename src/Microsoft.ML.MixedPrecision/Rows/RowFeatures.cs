namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The features of a row on their way into a store: all numbers, or the slots that are not 0 and their numbers.</summary>
internal readonly ref struct RowFeatures
{
    /// <summary>All numbers.</summary>
    public RowFeatures(ReadOnlySpan<float> values) => Values = values;

    /// <summary>Those that are not 0.</summary>
    /// <param name="slots">Their slots, ascending.</param>
    /// <param name="values">The numbers.</param>
    public RowFeatures(ReadOnlySpan<int> slots, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, slots.Length, nameof(values));
        Slots = slots;
        Values = values;
        IsSparse = true;
    }

    /// <summary>Slots of the numbers; empty where these are all.</summary>
    public ReadOnlySpan<int> Slots { get; }

    /// <summary>The numbers.</summary>
    public ReadOnlySpan<float> Values { get; }

    /// <summary>Whether the numbers are those alone that are not 0.</summary>
    public bool IsSparse { get; }
}
