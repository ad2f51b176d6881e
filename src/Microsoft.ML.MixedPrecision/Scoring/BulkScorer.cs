namespace Microsoft.ML.MixedPrecision.Scoring;

/// <summary>
/// Scores batches of rows for one caller. A batch has a slot, memory of its own for features and scores: where there are several, one may
/// be
/// filled and another one read while a third is computed.
/// </summary>
internal abstract class BulkScorer : IDisposable
{
    /// <summary>Makes a scorer of so many slots.</summary>
    /// <param name="slots">Batches that have memory.</param>
    /// <param name="maxRows">Rows of the largest batch.</param>
    protected BulkScorer(int slots, int maxRows)
    {
        Slots = slots;
        MaxRows = maxRows;
    }

    /// <summary>Batches that have memory.</summary>
    public int Slots { get; }

    /// <summary>Rows of the largest batch.</summary>
    public int MaxRows { get; }

    /// <summary>Where the caller writes a row's features before <see cref="Begin"/>.</summary>
    /// <param name="slot">Slot of the batch.</param>
    /// <param name="row">Row of the batch.</param>
    public abstract Span<float> Features(int slot, int row);

    /// <summary>A row's scores, after <see cref="End"/> and until the slot's next <see cref="Begin"/>.</summary>
    /// <param name="slot">Slot of the batch.</param>
    /// <param name="row">Row of the batch.</param>
    public abstract ReadOnlySpan<float> Scores(int slot, int row);

    /// <summary>Hands over a batch whose features are written; its slot belongs to the scorer until <see cref="End"/>.</summary>
    /// <param name="slot">Slot of the batch.</param>
    /// <param name="rows">Its rows, at least one.</param>
    public abstract void Begin(int slot, int rows);

    /// <summary>Returns when the batch has been computed.</summary>
    /// <param name="slot">Slot of the batch.</param>
    public abstract void End(int slot);

    /// <summary>Frees the memory; a batch that is under way is given up.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    /// <param name="disposing">Always true: the memory has finalizers of its own.</param>
    protected abstract void Dispose(bool disposing);
}
