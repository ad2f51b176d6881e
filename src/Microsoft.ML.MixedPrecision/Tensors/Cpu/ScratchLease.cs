namespace Microsoft.ML.MixedPrecision.Tensors.Cpu;

/// <summary>Working memory lent by a <see cref="ScratchPool"/> until disposed.</summary>
internal readonly unsafe struct ScratchLease(ScratchPool pool, CpuMemory buffer) : IDisposable
{
    /// <summary>The first byte, aligned to 64 bytes.</summary>
    public byte* Address { get; } = (byte*)buffer.Address;

    /// <summary>The first element, seen as Float32.</summary>
    public float* Floats => (float*)Address;

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => pool.Put(buffer);
}
