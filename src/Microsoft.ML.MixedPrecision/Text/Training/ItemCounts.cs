using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Counts words (or characters) in bounded memory. When a new one would be one too many, the seldom ones are forgotten: those counted at
/// most c times, with the smallest c that leaves at most half. So what is more frequent than that keeps its exact count unless it was
/// forgotten when it was new, and the same texts in the same order give the same counts.
/// </summary>
/// <param name="most">Different items to hold; a million words are some 100 MiB.</param>
internal sealed class ItemCounts(int most = ItemCounts.DefaultMost)
{
    /// <summary>Items held unless said otherwise.</summary>
    public const int DefaultMost = 1_000_000;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>Counts an item.</summary>
    /// <param name="item">The item.</param>
    public void Add(ReadOnlySpan<char> item)
    {
        ref long count = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _counts.GetAlternateLookup<ReadOnlySpan<char>>(),
            item,
            out bool isKnown);
        count++;
        if (!isKnown && _counts.Count > most)
        {
            Forget();
        }
    }

    /// <summary>The items, the most frequent first; of equally frequent ones in the order of their UTF-16 units.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Sorted()
    {
        KeyValuePair<string, long>[] items = [.. _counts];
        Array.Sort(items, static (x, y) => x.Value != y.Value ? y.Value.CompareTo(x.Value) : string.CompareOrdinal(x.Key, y.Key));
        return items;
    }

    private void Forget()
    {
        long least = _counts.Values.OrderDescending().ElementAt(most / 2);
        foreach ((string item, long count) in _counts)
        {
            if (count <= least)
            {
                _counts.Remove(item);
            }
        }
    }
}
