using Microsoft.ML.MixedPrecision.Cuda.Driver;
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
    private readonly Tensor _x;
    private readonly int _capacity;
    private readonly bool _hasWeights;
    private readonly int _targetWords;
    private bool _isUsed;

    /// <summary>Allocates.</summary>
    /// <param name="device">The card.</param>
    /// <param name="store">Whose rows.</param>
    /// <param name="batchRows">Rows of the largest micro-batch.</param>
    public StreamedBatch(CudaDevice device, ExampleStore store, int batchRows)
    {
        (_capacity, _hasWeights, _targetWords) = (batchRows, store.HasWeights, store.TargetWords);
        long bytes = batchRows * (store.RowPitchBytes + ((long)sizeof(int) * _targetWords) + sizeof(float));
        _host = new PinnedBuffer(device.Context, bytes);
        _host.Clear();
        _card = device.Allocate(bytes);
        _sent = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        _received = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        _x = new Tensor(_host.Address, store.Format, batchRows, store.Features, Tensor.PitchOf(store.Features, store.Format));
    }

    /// <summary>Bytes on the card.</summary>
    public long Bytes => _card.Bytes;

    private long TargetsAt => _x.Bytes;

    private long WeightsAt => TargetsAt + (sizeof(int) * (long)_targetWords * _capacity);

    /// <summary>Gathers rows into pinned memory, once the copy before has left it.</summary>
    public void Fill(ExampleStore store, ReadOnlySpan<int> rows)
    {
        if (_isUsed)
        {
            _sent.Synchronize();
        }

        store.Gather(
            rows,
            _x with { Rows = rows.Length },
            new Span<int>((void*)(_host.Address + TargetsAt), rows.Length * _targetWords),
            _hasWeights ? new Span<float>((void*)(_host.Address + WeightsAt), rows.Length) : default);
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

    /// <summary>Adds the way from that place into the plan's inputs.</summary>
    public void Receive(CudaStream stream, StepParts parts, int rows)
    {
        stream.Wait(_sent);
        stream.CopyOnDevice(_card.Address, parts.Features.Address, (_x with { Rows = rows }).Bytes);
        stream.CopyOnDevice(_card.Address + (nint)TargetsAt, parts.Targets.Address, sizeof(int) * (long)_targetWords * rows);
        if (_hasWeights)
        {
            stream.CopyOnDevice(_card.Address + (nint)WeightsAt, parts.Weights.Address, sizeof(float) * (long)rows);
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
