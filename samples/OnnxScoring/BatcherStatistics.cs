namespace OnnxScoring;

/// <summary>Counts of what a <see cref="Batcher"/> did.</summary>
internal sealed class BatcherStatistics
{
    private long _requests;
    private long _rows;
    private long _batches;
    private long _refused;

    /// <summary>Requests that were answered.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Their rows.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Calls of the model.</summary>
    public long Batches => Interlocked.Read(ref _batches);

    /// <summary>Requests that found the queue full.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Adds a batch.</summary>
    public void CountBatch(int requests, int rows)
    {
        Interlocked.Add(ref _requests, requests);
        Interlocked.Add(ref _rows, rows);
        Interlocked.Increment(ref _batches);
    }

    /// <summary>Adds a request that was turned away.</summary>
    public void CountRefused() => Interlocked.Increment(ref _refused);
}
