using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>
/// Rows in main memory, more than the card has room for: the host gathers each micro-batch into pinned memory and a second order of work
/// copies it over, both while the card computes the one before.
/// </summary>
internal sealed unsafe class StreamedFeed : CudaFeed
{
    private readonly RowStore _store;
    private readonly StagedColumns _columns;
    private readonly CudaStream _copies;
    private readonly StreamedBatch[] _batches;
    private int[] _order = [];
    private int _next;
    private int _turn;

    /// <summary>Allocates room for two micro-batches on either side.</summary>
    /// <param name="device">The card.</param>
    /// <param name="store">The rows; stays with its owner.</param>
    /// <param name="columns">Where its columns go.</param>
    /// <param name="largest">The largest micro-batch.</param>
    public StreamedFeed(CudaDevice device, RowStore store, StagedColumns columns, BatchSize largest)
    {
        (_store, _columns) = (store, columns);
        _copies = new CudaStream(device.Context);
        _batches = [new StreamedBatch(device, Places()), new StreamedBatch(device, Places())];

        ReadOnlySpan<RowDestination> Places() => columns.BeginBatch(largest);
    }

    /// <inheritdoc/>
    public override long Bytes => _batches.Sum(batch => batch.Bytes);

    /// <inheritdoc/>
    public override bool BeginEpoch(ReadOnlySpan<int> order, int cursor)
    {
        _order = order.ToArray();
        _next = cursor;
        return false;
    }

    /// <inheritdoc/>
    public override void Gather(CudaDevice device, in CommitArguments commit, StepParts parts, in MicroBatch batch)
    {
        if (batch.First)
        {
            StepKernels.Begin(device, commit, batch.StepRows, batch.StepPositions);
        }
    }

    /// <inheritdoc/>
    public override void Deliver(CudaDevice device, BatchSize batch)
    {
        if (batch.Examples == 0)
        {
            return;
        }

        StreamedBatch streamed = _batches[_turn++ % _batches.Length];
        ReadOnlySpan<RowDestination> places = _columns.BeginBatch(batch);
        streamed.Fill(_store, _order.AsSpan(_next, batch.Examples), places);
        streamed.Send(_copies);
        streamed.Receive(device.Stream, places);
        _next += batch.Examples;
    }

    /// <inheritdoc/>
    /// <remarks>The step has waited for its own work, which waits for every copy.</remarks>
    public override void Dispose()
    {
        foreach (StreamedBatch batch in _batches)
        {
            batch.Dispose();
        }

        _copies.Dispose();
    }
}
