using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <summary>Zeroed memory of a graphics card, aligned to 256 bytes; freed once, from any thread or by the finalizer, which waits for the
/// card's work.</summary>
internal sealed class CudaMemory : DeviceMemory
{
    private readonly CudaBuffer _buffer;

    /// <summary>Takes a buffer over.</summary>
    /// <param name="buffer">At least one byte, zeroed.</param>
    /// <param name="bytes">Bytes that were asked for, 0 included.</param>
    public CudaMemory(CudaBuffer buffer, long bytes) => (_buffer, Bytes) = (buffer, bytes);

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public override nint Address => _buffer.Address;

    /// <inheritdoc/>
    public override long Bytes { get; }

    /// <summary>Frees the memory; safe to call again and from several threads.</summary>
    public override void Dispose() => _buffer.Dispose();
}
