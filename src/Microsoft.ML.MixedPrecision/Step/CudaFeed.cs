using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>Brings the rows of a store into a card's batches.</summary>
internal abstract class CudaFeed : IDisposable
{
    /// <summary>Share of the card's free memory that rows may take; the rest is left to others and to what comes later.</summary>
    private const double MostOfFreeMemory = 0.8;

    /// <summary>Bytes on the card.</summary>
    public abstract long Bytes { get; }

    /// <summary>Rows that stay on the card where they fit, else rows that are brought over batch by batch.</summary>
    /// <param name="device">The card.</param>
    /// <param name="store">The rows.</param>
    /// <param name="parts">The plan's inputs and settings.</param>
    /// <exception cref="ArgumentException">The store has a column otherwise than an input, its format included as rows are copied as they
    /// are; or other targets than the loss reads.</exception>
    public static CudaFeed Of(CudaDevice device, RowStore store, StepParts parts)
    {
        var columns = new StagedColumns(parts, store, widens: false);
        PlanSettings settings = parts.Settings;
        long most = settings.MostDataBytes ?? (long)(device.Context.ReadMemory().Free * MostOfFreeMemory);
        return store.Bytes <= most
            ? new ResidentFeed(device, store, columns)
            : new StreamedFeed(device, store, columns, settings.Batch);
    }

    /// <summary>Begins an epoch.</summary>
    /// <param name="order">Row numbers; copied.</param>
    /// <param name="cursor">Rows of the order that earlier steps have taken.</param>
    /// <returns>Whether an address changed that graphs hold.</returns>
    public abstract bool BeginEpoch(ReadOnlySpan<int> order, int cursor);

    /// <summary>Adds to a graph what begins a step, where this is its first micro-batch, and brings the rows at the cursor into the
    /// batch.</summary>
    /// <param name="device">The card.</param>
    /// <param name="commit">What the kernels around a step work on.</param>
    /// <param name="parts">The cursor.</param>
    /// <param name="batch">The micro-batch.</param>
    public abstract void Gather(CudaDevice device, in CommitArguments commit, StepParts parts, in MicroBatch batch);

    /// <summary>Adds to the stream, before a graph is launched, what brings the next rows into the batch.</summary>
    /// <param name="device">The card.</param>
    /// <param name="batch">What the micro-batch has; nothing for none.</param>
    public abstract void Deliver(CudaDevice device, BatchSize batch);

    /// <inheritdoc/>
    public abstract void Dispose();
}
