namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>The orders of the epochs, each shuffled while the epoch before it trains.</summary>
/// <param name="order">Shuffles.</param>
internal sealed class OrderAhead(RowOrder order)
{
    private int[] _current = new int[order.TrainRows];
    private int[] _next = new int[order.TrainRows];
    private Task? _shuffling;
    private int _nextEpoch;

    /// <summary>The rows in the order of an epoch; valid until the next call.</summary>
    /// <param name="epoch">Number of the epoch, from 1.</param>
    public int[] Take(int epoch)
    {
        _shuffling?.Wait();
        if (_nextEpoch != epoch)
        {
            order.Fill(epoch, _next);
        }

        (_current, _next) = (_next, _current);
        _nextEpoch = epoch + 1;
        int following = _nextEpoch;
        int[] target = _next;
        _shuffling = Task.Run(() => order.Fill(following, target));
        return _current;
    }
}
