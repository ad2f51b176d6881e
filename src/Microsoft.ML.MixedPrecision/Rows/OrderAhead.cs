namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>The orders of a run's epochs, each shuffled while the epoch before it trains.</summary>
/// <param name="rows">Rows of an order.</param>
/// <param name="epochs">Epochs of the run.</param>
/// <param name="fill">Writes the order of an epoch, numbered from 1; see <see cref="RowOrder.Fill"/>.</param>
/// <param name="begun">Epochs that have taken their order before.</param>
internal sealed class OrderAhead(int rows, int epochs, Action<int, int[]> fill, int begun = 0) : IDisposable
{
    private int[] _current = [];
    private int[] _next = new int[rows];
    private Task? _shuffling;
    private int _epoch = begun;

    /// <summary>The rows in the order of the next epoch; valid until the next call.</summary>
    public int[] Take()
    {
        _epoch++;
        if (_shuffling is null)
        {
            fill(_epoch, _next);
        }
        else
        {
            _shuffling.Wait();
        }

        (_current, _next) = (_next, _current);
        if (_epoch < epochs)
        {
            ShuffleAhead();
        }

        return _current;
    }

    /// <summary>Waits for the order that nobody will take, where a run ends early.</summary>
    public void Dispose() => _shuffling?.Wait();

    private void ShuffleAhead()
    {
        if (_next.Length < rows)
        {
            _next = new int[rows];
        }

        int[] target = _next;
        int following = _epoch + 1;
        _shuffling = Task.Run(() => fill(following, target));
    }
}
