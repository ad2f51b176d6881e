namespace Microsoft.ML.MixedPrecision.Training;

/// <summary>A ring of records that the step fills and the host drains now and then. The step never waits for the host.</summary>
internal sealed class StepRing
{
    private readonly StepRecord[] _records;
    private long _written;
    private long _read;

    /// <summary>Creates a ring.</summary>
    /// <param name="capacity">Records it holds; the oldest are overwritten when the host does not drain in time.</param>
    public StepRing(int capacity) => _records = new StepRecord[capacity];

    /// <summary>Records waiting.</summary>
    public int Count => (int)(_written - _read);

    /// <summary>Whether the next record would overwrite one that the host has not seen.</summary>
    public bool IsFull => Count == _records.Length;

    /// <summary>Appends a record.</summary>
    public void Append(in StepRecord record)
    {
        _records[_written++ % _records.Length] = record;
        _read = Math.Max(_read, _written - _records.Length);
    }

    /// <summary>Takes the oldest record.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out StepRecord record)
    {
        record = Count > 0 ? _records[_read % _records.Length] : default;
        if (Count == 0)
        {
            return false;
        }

        _read++;
        return true;
    }
}
