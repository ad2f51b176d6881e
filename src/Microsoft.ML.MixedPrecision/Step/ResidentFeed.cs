using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Step;

/// <summary>All rows in the card's memory, gathered there.</summary>
internal sealed unsafe class ResidentFeed : CudaFeed
{
    private readonly CudaDevice _device;
    private readonly ExampleStore _store;
    private readonly DeviceMemory _rows;
    private readonly DeviceMemory _chunks;
    private DeviceMemory _order;

    /// <summary>Copies the rows over.</summary>
    /// <param name="device">The card.</param>
    /// <param name="store">The rows.</param>
    /// <exception cref="InsufficientMemoryException">The card has too little memory.</exception>
    public ResidentFeed(CudaDevice device, ExampleStore store)
    {
        (_device, _store) = (device, store);
        _rows = device.AllocateAsItIs(store.Bytes);
        try
        {
            _chunks = device.Allocate(sizeof(ulong) * (long)store.Chunks.Count);
            _order = device.Allocate(sizeof(int) * (long)store.Rows);
            CopyChunks();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override long Bytes => _rows.Bytes + _chunks.Bytes + _order.Bytes;

    /// <inheritdoc/>
    public override bool BeginEpoch(ReadOnlySpan<int> order, int cursor)
    {
        bool isLonger = order.Length * (long)sizeof(int) > _order.Bytes;
        if (isLonger)
        {
            _order.Dispose();
            _order = _device.Allocate(order.Length * (long)sizeof(int));
        }

        _device.Write(_order.Address, order);
        return isLonger;
    }

    /// <inheritdoc/>
    public override void Gather(CudaDevice device, in CommitArguments commit, StepParts parts, in MicroBatch batch)
        => GatherExamples.Run(device, Arguments(parts.Features, batch.Rows) with
        {
            Targets = parts.Targets.Address,
            Weights = parts.Weights.Address,
            Order = _order.Address,
            Run = parts.Memory.Addresses.Run,
            Phase = parts.Memory.Addresses.Phase,
            StepRows = batch.First ? batch.StepRows : 0,
            StepPositions = batch.StepPositions,
        });

    /// <inheritdoc/>
    public override void Deliver(CudaDevice device, StepParts parts, int rows)
    {
    }

    /// <inheritdoc/>
    /// <remarks>Runs also when the constructor threw, so that fields may be null.</remarks>
    public override void Dispose()
    {
        _rows.Dispose();
        _chunks?.Dispose();
        _order?.Dispose();
    }

    private void CopyChunks()
    {
        ulong[] chunks = new ulong[_store.Chunks.Count];
        nint address = _rows.Address;
        for (int i = 0; i < chunks.Length; i++)
        {
            DeviceMemory chunk = _store.Chunks[i];
            _device.Write(address, new ReadOnlySpan<byte>((void*)chunk.Address, checked((int)chunk.Bytes)));
            chunks[i] = (ulong)address;
            address += (nint)chunk.Bytes;
        }

        _device.Write<ulong>(_chunks.Address, chunks);
    }

    private GatherExamplesArguments Arguments(Tensor x, int rows) => new()
    {
        Chunks = _chunks.Address,
        X = CudaMatrix.OfBytes(x),
        Pitch = _store.RowPitchBytes,
        Shift = _store.ChunkShift,
        StoreRows = _store.Rows,
        Rows = rows,
        RowBytes = _store.Features * _store.Format.BytesPerElement(),
        TargetWords = _store.TargetWords,
    };
}
