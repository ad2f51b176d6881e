namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>A block of memory owned by a <see cref="Device"/>; zeroed when allocated.</summary>
internal abstract class DeviceMemory : IDisposable
{
    /// <summary>Address of the first byte, aligned to at least 64 bytes; meaningful on the owning device only.</summary>
    public abstract nint Address { get; }

    /// <summary>Size in bytes.</summary>
    public abstract long Bytes { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
