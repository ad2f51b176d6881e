namespace Microsoft.ML.MixedPrecision.Tensors.Cuda;

/// <summary>What a card's memory is like, so that accesses that must not be are seen; see <see cref="CudaDevice.GuardVariable"/>.</summary>
internal enum CudaGuard
{
    /// <summary>As in everyday use: buffers share an arena.</summary>
    None,

    /// <summary>Every buffer has an allocation of exactly its size that nothing was written to, for memory checkers.</summary>
    Unwritten,

    /// <summary>The same, full of NaN: a read before a write shows in the results, whatever wrote and read, checker or not.</summary>
    NaN,
}
