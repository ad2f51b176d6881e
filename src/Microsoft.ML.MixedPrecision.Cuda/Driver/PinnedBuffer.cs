using System.Runtime.InteropServices;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Main memory that stays where it is, so that copies to and from the device run beside everything else. Not zeroed.</summary>
internal sealed unsafe class PinnedBuffer : CudaHandle
{
    private const uint Portable = 1;

    /// <summary>Allocates.</summary>
    /// <param name="context">The context.</param>
    /// <param name="bytes">Size in bytes, at least 1.</param>
    /// <exception cref="CudaException">The machine has not that much left to pin.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public PinnedBuffer(CudaContext context, long bytes)
        : base(context)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Bytes = bytes;
        Own(() =>
        {
            ThrowIfFailed(cuMemHostAlloc(out nint address, (nuint)bytes, Portable));
            return address;
        });
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Address of the first byte.</summary>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>Sets every byte to 0, however many there are.</summary>
    public void Clear() => NativeMemory.Clear((void*)Address, (nuint)Bytes);

    /// <summary>The memory as elements; must not be used after this object has been disposed of.</summary>
    /// <typeparam name="T">The element.</typeparam>
    public Span<T> AsSpan<T>()
        where T : unmanaged
        => new((void*)Address, checked((int)(Bytes / sizeof(T))));

    /// <inheritdoc/>
    protected override bool Free() => cuMemFreeHost(handle) == CUresult.CUDA_SUCCESS;
}
