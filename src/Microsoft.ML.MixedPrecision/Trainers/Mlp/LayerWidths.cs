using System.Collections;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Widths of a network's hidden layers, first to last: <c>[256, 128]</c> in code and in JSON, <c>256, 128</c> as text.</summary>
/// <remarks>
/// An array, a <see cref="List{T}"/> and a collection expression convert to it. Only <see cref="ICollection{T}"/>, through which
/// configuration binders fill
/// lists, changes it: the first width that is added takes the place of those given whole, by code, by text or as the default, since a
/// binder would append
/// its own to them and so ask for another network.
/// </remarks>
[CollectionBuilder(typeof(LayerWidths), nameof(Create))]
[TypeConverter(typeof(ReadableTypeConverter<LayerWidths>))]
[JsonConverter(typeof(LayerWidthsJsonConverter))]
[SuppressMessage("Naming", "CA1710", Justification = "Named for what it holds; users write it as a list.")]
public sealed class LayerWidths : IReadOnlyList<int>, ICollection<int>, IReadable<LayerWidths>
{
    private readonly List<int> _widths;

    // Given whole; the next width added begins a new list.
    private bool _isWhole = true;

    private LayerWidths(List<int> widths) => _widths = widths;

    /// <summary>Whether it is as it was made, with nothing added.</summary>
    internal bool IsWhole => _isWhole;

    /// <summary>The number of hidden layers.</summary>
    public int Count => _widths.Count;

    /// <inheritdoc/>
    bool ICollection<int>.IsReadOnly => false;

    /// <summary>The width of a layer.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public int this[int index] => _widths[index];

    /// <summary>Widths from an array.</summary>
    /// <param name="widths">The widths; null gives null.</param>
    [return: NotNullIfNotNull(nameof(widths))]
    public static implicit operator LayerWidths?(int[]? widths) => widths is null ? null : Create(widths);

    /// <summary>Widths from a list.</summary>
    /// <param name="widths">The widths; null gives null.</param>
    [return: NotNullIfNotNull(nameof(widths))]
    public static implicit operator LayerWidths?(List<int>? widths) => widths is null ? null : new([.. widths]);

    /// <summary>Widths of a collection expression. Which widths are allowed is checked by the trainer.</summary>
    /// <param name="widths">The widths; none for a linear model.</param>
    public static LayerWidths Create(ReadOnlySpan<int> widths) => new([.. widths]);

    /// <summary>Reads widths separated by commas, with or without square brackets around them.</summary>
    /// <param name="text">For example <c>256, 128</c> or <c>[256, 128]</c>; empty for a linear model.</param>
    /// <exception cref="ArgumentException">A part is no whole number.</exception>
    public static LayerWidths Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string inner = text.Trim();
        if (inner.StartsWith('[') && inner.EndsWith(']'))
        {
            inner = inner[1..^1].Trim();
        }

        return new(inner.Length == 0 ? [] : [.. inner.Split(',', StringSplitOptions.TrimEntries).Select(part => Width(part, text))]);
    }

    /// <summary>The widths, first to last.</summary>
    public IEnumerator<int> GetEnumerator() => _widths.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    void ICollection<int>.Add(int item)
    {
        if (_isWhole)
        {
            _widths.Clear();
        }

        _isWhole = false;
        _widths.Add(item);
    }

    /// <inheritdoc/>
    void ICollection<int>.Clear() => _widths.Clear();

    /// <inheritdoc/>
    bool ICollection<int>.Contains(int item) => _widths.Contains(item);

    /// <inheritdoc/>
    void ICollection<int>.CopyTo(int[] array, int arrayIndex) => _widths.CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    bool ICollection<int>.Remove(int item) => _widths.Remove(item);

    /// <summary>The widths separated by commas, as <see cref="Parse"/> reads them.</summary>
    public override string ToString() => string.Join(", ", _widths.Select(width => width.ToString(CultureInfo.InvariantCulture)));

    private static int Width(string part, string text)
        => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            ? width
            : throw new ArgumentException($"'{part}' in the widths '{text}' is no width: write whole numbers separated by commas, for "
                + $"example '256, 128', or nothing for a linear model.", nameof(text));
}
