using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;

namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Where the host writes the rows of a value, or reads them: the value itself on the CPU, pinned memory of the same layout beside
/// a card.</summary>
internal sealed unsafe class HostRows : IDisposable
{
    private readonly CudaDevice? _card;
    private readonly PinnedBuffer? _pinned;

    /// <summary>Makes room.</summary>
    /// <param name="device">Where the value lies.</param>
    /// <param name="bytes">Bytes of the largest value.</param>
    public HostRows(Device device, long bytes)
    {
        _card = device as CudaDevice;
        if (_card is not null)
        {
            _pinned = new PinnedBuffer(_card.Context, Math.Max(bytes, 1));
            _pinned.Clear();
        }
    }

    /// <summary>The rows as the host sees them.</summary>
    /// <param name="value">The value on its device.</param>
    public Tensor Of(Tensor value) => _pinned is null ? value : value with { Address = _pinned.Address };

    /// <summary>The words as the host sees them.</summary>
    /// <param name="value">The value on its device.</param>
    public Words Of(Words value) => _pinned is null ? value : value with { Address = _pinned.Address };

    /// <summary>Adds the way to the device.</summary>
    public void Send(Tensor value) => Send(value.Address, value.Bytes);

    /// <summary>Adds the way to the device.</summary>
    public void Send(Words value) => Send(value.Address, value.Bytes);

    /// <summary>Brings the rows from the device and waits.</summary>
    public void Fetch(Tensor value)
    {
        if (_card is not null)
        {
            _card.Context.MakeCurrent();
            _card.Stream.CopyToHost(value.Address, (void*)_pinned!.Address, value.Bytes);
            _card.Stream.Synchronize();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _pinned?.Dispose();

    private void Send(nint address, long bytes)
    {
        if (_card is not null)
        {
            _card.Context.MakeCurrent();
            _card.Stream.CopyToDevice((void*)_pinned!.Address, address, bytes);
        }
    }
}
