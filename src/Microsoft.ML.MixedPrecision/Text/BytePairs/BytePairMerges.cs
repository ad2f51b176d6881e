namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Merges neighbours as they were learnt: again and again the pair of the lowest rank, of equal ones the leftmost, becomes one token, until
/// no neighbours are a pair.
/// </summary>
/// <remarks>Source: Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword Units".</remarks>
internal sealed class BytePairMerges
{
    /// <summary>Symbols up to which looking through all ranks is faster than a queue; beyond, it would take the square of their
    /// number.</summary>
    private const int Few = 64;

    private readonly PairTable _merges;
    private readonly int _few;

    /// <summary>The merges of a vocabulary.</summary>
    /// <param name="merges">Left id, right id and id of both, the first learnt first; of equal pairs the last counts.</param>
    /// <param name="few">Symbols up to which there is no queue.</param>
    public BytePairMerges(IEnumerable<(int Left, int Right, int Both)> merges, int few = Few)
    {
        _few = few;
        _merges = new PairTable(merges);
    }

    /// <summary>Merges a word.</summary>
    /// <param name="ids">The symbols, replaced.</param>
    /// <param name="starts">Where each begins, replaced alike.</param>
    /// <returns>How many remain.</returns>
    public int Apply(Span<int> ids, Span<int> starts)
        => ids.Length <= _few ? ApplyToFew(ids, starts) : ApplyToMany(ids, starts);

    private int ApplyToFew(Span<int> ids, Span<int> starts)
    {
        int count = ids.Length;
        Span<Merge> merges = stackalloc Merge[_few];
        for (int at = 0; at < count - 1; at++)
        {
            merges[at] = Of(ids[at], ids[at + 1]);
        }

        while (count > 1)
        {
            int best = Lowest(merges[..(count - 1)]);
            if (merges[best].Rank == Merge.No.Rank)
            {
                break;
            }

            ids[best] = merges[best].Both;
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            starts[(best + 2)..count].CopyTo(starts[(best + 1)..]);
            merges[(best + 1)..(count - 1)].CopyTo(merges[best..]);
            count--;
            if (best > 0)
            {
                merges[best - 1] = Of(ids[best - 1], ids[best]);
            }

            if (best < count - 1)
            {
                merges[best] = Of(ids[best], ids[best + 1]);
            }
        }

        return count;
    }

    private static int Lowest(ReadOnlySpan<Merge> merges)
    {
        int best = 0;
        for (int at = 1; at < merges.Length; at++)
        {
            best = merges[at].Rank < merges[best].Rank ? at : best;
        }

        return best;
    }

    /// <summary>The same with a queue of pairs and links to the neighbours: n symbols take n·log n.</summary>
    private int ApplyToMany(Span<int> ids, Span<int> starts)
    {
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (int at = 0; at < ids.Length; at++)
        {
            (next[at], previous[at]) = (at + 1, at - 1);
            Enqueue(queue, ids, at, at + 1);
        }

        while (queue.TryDequeue(out (int At, int Left, int Right) pair, out _))
        {
            // A pair of which a side was merged since is no more.
            int at = pair.At, right = next[at];
            if (ids[at] != pair.Left || right >= ids.Length || ids[right] != pair.Right)
            {
                continue;
            }

            ids[at] = Of(pair.Left, pair.Right).Both;
            ids[right] = Merge.No.Both;
            next[at] = next[right];
            if (next[at] < ids.Length)
            {
                previous[next[at]] = at;
            }

            Enqueue(queue, ids, at, next[at]);
            if (previous[at] >= 0)
            {
                Enqueue(queue, ids, previous[at], at);
            }
        }

        int count = 0;
        for (int at = 0; at < ids.Length; at = next[at])
        {
            (ids[count], starts[count]) = (ids[at], starts[at]);
            count++;
        }

        return count;
    }

    private void Enqueue(PriorityQueue<(int At, int Left, int Right), (int Rank, int At)> queue, ReadOnlySpan<int> ids, int left, int right)
    {
        if (right < ids.Length && Of(ids[left], ids[right]) is { Both: >= 0 } merge)
        {
            queue.Enqueue((left, ids[left], ids[right]), (merge.Rank, left));
        }
    }

    private Merge Of(int left, int right) => _merges.Find(left, right);
}
