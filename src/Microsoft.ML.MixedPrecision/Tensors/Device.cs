namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>Owns memory and the order of work. Operations branch on the concrete device once; it has no operations itself.</summary>
internal abstract class Device : IDisposable
{
    /// <summary>What a person calls this device, for example <c>CPU (8 threads, 256-bit SIMD)</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Allocates zeroed memory.</summary>
    /// <param name="bytes">Size in bytes; 0 is allowed.</param>
    /// <exception cref="InsufficientMemoryException">The device has not that much left.</exception>
    public abstract DeviceMemory Allocate(long bytes);

    /// <inheritdoc/>
    public abstract void Dispose();
}
