using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>How many steps the next rows of an epoch's order have together, where rows have sequences: the host knows it before any work
/// begins, so that a card never waits for it.</summary>
internal sealed class EpochLengths
{
    private long[] _ends = [];
    private int _rows;
    private int _next;

    /// <summary>Begins an epoch.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="order">Their numbers.</param>
    /// <param name="cursor">Rows of the order that earlier steps have taken.</param>
    public void Begin(RowStore store, ReadOnlySpan<int> order, int cursor)
    {
        _next = cursor;
        if (!store.HasSequences)
        {
            return;
        }

        if (_ends.Length < order.Length)
        {
            _ends = new long[order.Length];
        }

        _rows = order.Length;
        long end = 0;
        for (int i = 0; i < order.Length; i++)
        {
            _ends[i] = end += store.LengthOf(order[i]);
        }
    }

    /// <summary>The next rows have been taken.</summary>
    /// <param name="rows">How many.</param>
    public void Advance(int rows) => _next += rows;

    /// <summary>Steps of some of the next rows together; 1 where there are none, as no batch is empty.</summary>
    /// <param name="skipped">Rows before them.</param>
    /// <param name="rows">How many rows, at least one.</param>
    public int StepsOf(int skipped, int rows)
    {
        int first = _next + skipped;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + rows, _rows, nameof(rows));
        return (int)Math.Max(1, _ends[first + rows - 1] - (first == 0 ? 0 : _ends[first - 1]));
    }
}
