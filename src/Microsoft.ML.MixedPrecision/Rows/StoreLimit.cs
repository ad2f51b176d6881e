namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>How much main memory the rows of a run may take, over all its stores, and where the rest goes.</summary>
/// <param name="Bytes">Bytes in main memory.</param>
/// <param name="Folder">Folder of the temporary file.</param>
internal sealed record StoreLimit(long Bytes, string Folder)
{
    private long _left = Bytes;

    /// <summary>Whether so many bytes may still be taken from main memory; they are then taken.</summary>
    public bool TryTake(long bytes)
    {
        bool fits = bytes <= _left;
        _left -= fits ? bytes : 0;
        return fits;
    }

    /// <summary>Gives bytes back that were taken from main memory.</summary>
    public void GiveBack(long bytes) => _left += bytes;
}
