using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Owns memory and the order of work. Operations branch on the concrete device once; it has no operations itself.</summary>
internal abstract class Device : IDisposable
{
    /// <summary>What a person calls this device, for example <c>CPU (8 threads, 256-bit SIMD)</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Bytes of the kernels' working memory.</summary>
    public abstract long ScratchBytes { get; }

    /// <summary>Bytes that could be allocated now, as far as the device knows.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="bytes">Size in bytes; 0 is allowed.</param>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public abstract DeviceMemory Allocate(long bytes);

    /// <summary>Copies values into the device's memory, behind the work so far, and waits.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="address">Where they go.</param>
    /// <param name="values">The values.</param>
    public void Write<T>(nint address, ReadOnlySpan<T> values)
        where T : unmanaged
        => WriteBytes(address, MemoryMarshal.AsBytes(values));

    /// <summary>Copies values from the device's memory, behind the work so far, and waits.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="address">Where they are.</param>
    /// <param name="values">Receives them.</param>
    public void Read<T>(nint address, Span<T> values)
        where T : unmanaged
        => ReadBytes(address, MemoryMarshal.AsBytes(values));

    /// <summary>Waits until all work is done.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Copies bytes into the device's memory; see <see cref="Write"/>.</summary>
    protected abstract void WriteBytes(nint address, ReadOnlySpan<byte> bytes);

    /// <summary>Copies bytes from the device's memory; see <see cref="Read"/>.</summary>
    protected abstract void ReadBytes(nint address, Span<byte> bytes);
}
