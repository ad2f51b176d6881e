using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The positions of a batch in the order of their ids, equal ids in the order of the batch: a counting sort on the CPU. A view of working
/// memory.
/// </summary>
internal readonly unsafe struct EmbeddingOrder
{
    private readonly int* _starts;
    private readonly int* _positions;

    /// <summary>Sorts, one pass over the ids to count and one to place. Those of the padding id, and those that name no row, are left
    /// out.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="rows">V.</param>
    /// <param name="memory"><see cref="Bytes"/> of working memory.</param>
    public EmbeddingOrder(in EmbeddingIds ids, int rows, byte* memory)
    {
        _starts = (int*)memory;
        _positions = _starts + rows + 2;
        Rows = rows;
        new Span<int>(_starts, rows + 2).Clear();
        CountIds(ids);
        for (int id = 0; id < rows; id++)
        {
            _starts[id + 2] += _starts[id + 1];
        }

        PlaceIds(ids);
    }

    /// <summary>V.</summary>
    public int Rows { get; }

    /// <summary>Bytes of working memory.</summary>
    /// <param name="positions">N·T.</param>
    /// <param name="rows">V.</param>
    public static long Bytes(int positions, int rows) => ((long)positions + rows + 2) * sizeof(int);

    /// <summary>Positions of all ids.</summary>
    public int Count => _starts[Rows];

    /// <summary>The positions of an id.</summary>
    public ReadOnlySpan<int> Of(int id) => new(_positions + _starts[id], _starts[id + 1] - _starts[id]);

    /// <summary>The first id of a part, when ids are shared out by what they cost: a row to write and the rows to add.</summary>
    public int FirstOf(int part, int parts)
    {
        long before = ((long)_starts[Rows] + Rows) * part / parts;
        int low = 0, high = Rows;
        while (low < high)
        {
            int middle = (int)(((long)low + high) / 2);
            (low, high) = (long)_starts[middle] + middle < before ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void CountIds(in EmbeddingIds ids)
    {
        var all = (int*)ids.Words.Address;
        int padding = ids.PaddingOrNone, stride = ids.Stride, count = ids.Count;
        for (long first = 0; first < count; first += ids.PerExample)
        {
            int end = (int)Math.Min(count, first + ids.PerExample);
            for (int position = (int)first; position < end && !IsEnd(all, position, stride); position++)
            {
                int id = all[(long)position * stride];
                if ((uint)id < (uint)Rows && id != padding)
                {
                    _starts[id + 2]++;
                }
            }
        }
    }

    /// <summary>Where id's next position goes stands in the place behind; at the end that is where the next id starts.</summary>
    private void PlaceIds(in EmbeddingIds ids)
    {
        var all = (int*)ids.Words.Address;
        int padding = ids.PaddingOrNone, stride = ids.Stride, count = ids.Count;
        for (long first = 0; first < count; first += ids.PerExample)
        {
            int end = (int)Math.Min(count, first + ids.PerExample);
            for (int position = (int)first; position < end && !IsEnd(all, position, stride); position++)
            {
                int id = all[(long)position * stride];
                if ((uint)id < (uint)Rows && id != padding)
                {
                    _positions[_starts[id + 1]++] = position;
                }
            }
        }
    }

    /// <summary>Whether what follows in an example are no entries any more: most of a batch of sparse rows.</summary>
    private static bool IsEnd(int* all, int position, int stride) => stride > 1 && all[(long)position * stride] == SparseEntry.None;
}
