using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>One micro-batch on its way to the card: pinned memory, a place on the card, and the events that keep both from being
/// overwritten too early.</summary>
internal sealed unsafe class StreamedBatch : IDisposable
{
    private readonly PinnedBuffer _host;
    private readonly DeviceMemory _card;
    private readonly CudaEvent _sent;
    private readonly CudaEvent _received;
    private readonly long[] _starts;
    private readonly RowDestination[] _gathered;
    private bool _isUsed;

    /// <summary>Allocates.</summary>
    /// <param name="device">The card.</param>
    /// <param name="places">Where the columns of the largest micro-batch go.</param>
    public StreamedBatch(CudaDevice device, ReadOnlySpan<RowDestination> places)
    {
        _starts = new long[places.Length];
        _gathered = new RowDestination[places.Length];
        long bytes = 0;
        for (int i = 0; i < places.Length; i++)
        {
            _starts[i] = bytes;
            bytes = MemoryLayout.Aligned(bytes + places[i].Bytes);
        }

        _host = new PinnedBuffer(device.Context, bytes);
        _host.Clear();
        _card = device.Allocate(bytes);
        _sent = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        _received = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    }

    /// <summary>Bytes on the card.</summary>
    public long Bytes => _card.Bytes;

    /// <summary>Gathers rows into pinned memory, once the copy before has left it.</summary>
    /// <param name="store">The rows.</param>
    /// <param name="rows">Their numbers.</param>
    /// <param name="places">Where their columns will go.</param>
    public void Fill(RowStore store, ReadOnlySpan<int> rows, ReadOnlySpan<RowDestination> places)
    {
        if (_isUsed)
        {
            _sent.Synchronize();
        }

        for (int i = 0; i < places.Length; i++)
        {
            _gathered[i] = places[i].MovedTo(_host.Address + (nint)_starts[i]);
        }

        store.Gather(rows, _gathered);
    }

    /// <summary>Adds the copy to the card, once the batch before has left the place there.</summary>
    public void Send(CudaStream copies)
    {
        if (_isUsed)
        {
            copies.Wait(_received);
        }

        _isUsed = true;
        copies.CopyToDevice((void*)_host.Address, _card.Address, _card.Bytes);
        _sent.Record(copies);
    }

    /// <summary>Adds the way from there to where the step reads the columns.</summary>
    public void Receive(CudaStream stream, ReadOnlySpan<RowDestination> places)
    {
        stream.Wait(_sent);
        for (int i = 0; i < places.Length; i++)
        {
            stream.CopyOnDevice(_card.Address + (nint)_starts[i], places[i].Address, places[i].Bytes);
        }

        _received.Record(stream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sent.Dispose();
        _received.Dispose();
        _host.Dispose();
        _card.Dispose();
    }
}
