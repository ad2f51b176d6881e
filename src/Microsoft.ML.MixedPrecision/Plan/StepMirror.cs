using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Plan;

/// <summary>The host's copy of a step's states and records on a card, brought over beside the card's work.</summary>
internal sealed unsafe class StepMirror : IDisposable
{
    private readonly CudaDevice _device;
    private readonly DeviceMemory _source;
    private readonly PinnedBuffer _seen;
    private readonly PinnedBuffer _arriving;
    private readonly CudaEvent _arrived;
    private bool _isPulling;

    /// <summary>Starts with zeros.</summary>
    /// <param name="device">The card.</param>
    /// <param name="source">Its memory; stays with its owner.</param>
    public StepMirror(CudaDevice device, DeviceMemory source)
    {
        (_device, _source) = (device, source);
        _seen = new PinnedBuffer(device.Context, source.Bytes);
        _arriving = new PinnedBuffer(device.Context, source.Bytes);
        _arrived = new CudaEvent(device.Context, CUevent_flags.CU_EVENT_DISABLE_TIMING);
        _seen.Clear();
    }

    /// <summary>Address of the copy.</summary>
    public nint Address => _seen.Address;

    /// <summary>Asks for a copy behind the work so far, once the one before has arrived.</summary>
    public void Begin()
    {
        End();
        _device.Stream.CopyToHost(_source.Address, (void*)_arriving.Address, _source.Bytes);
        _arrived.Record(_device.Stream);
        _isPulling = true;
    }

    /// <summary>Waits for the copy that was asked for, if one was.</summary>
    public void End()
    {
        if (!_isPulling)
        {
            return;
        }

        _arrived.Synchronize();
        _arriving.AsSpan<byte>().CopyTo(_seen.AsSpan<byte>());
        _isPulling = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arrived.Dispose();
        _seen.Dispose();
        _arriving.Dispose();
    }
}
