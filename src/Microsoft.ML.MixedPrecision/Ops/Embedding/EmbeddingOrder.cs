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
        ReadOnlySpan<int> all = ids.Words.Span<int>();
        new Span<int>(_starts, rows + 2).Clear();
        int padding = ids.PaddingOrNone;
        foreach (int id in all)
        {
            if ((uint)id < (uint)rows && id != padding)
            {
                _starts[id + 2]++;
            }
        }

        for (int id = 0; id < rows; id++)
        {
            _starts[id + 2] += _starts[id + 1];
        }

        // Where id's next position goes; behind its last one at the end, which is where the next id starts.
        for (int position = 0; position < all.Length; position++)
        {
            int id = all[position];
            if ((uint)id < (uint)rows && id != padding)
            {
                _positions[_starts[id + 1]++] = position;
            }
        }
    }

    /// <summary>V.</summary>
    public int Rows { get; }

    /// <summary>Bytes of working memory.</summary>
    /// <param name="positions">N·T.</param>
    /// <param name="rows">V.</param>
    public static long Bytes(int positions, int rows) => ((long)positions + rows + 2) * sizeof(int);

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
}
