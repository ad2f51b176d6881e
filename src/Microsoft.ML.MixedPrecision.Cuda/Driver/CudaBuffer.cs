using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Device memory, not zeroed, aligned to 256 bytes or more. Freeing waits for the device's work.</summary>
internal sealed class CudaBuffer : CudaHandle
{
    /// <summary>Allocates.</summary>
    /// <param name="context">The context.</param>
    /// <param name="bytes">Size in bytes, at least 1.</param>
    /// <exception cref="InsufficientMemoryException">The card has not that much left; the message says how much it has.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public CudaBuffer(CudaContext context, long bytes)
        : base(context)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Bytes = bytes;
        Own(Allocate);
    }

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Address of the first byte, meaningful on the device only.</summary>
    /// <exception cref="ObjectDisposedException">The memory has been freed.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    protected override bool Free() => cuMemFree_v2(handle) == CUresult.CUDA_SUCCESS;

    private nint Allocate()
    {
        CUresult status = cuMemAlloc_v2(out nint address, (nuint)Bytes);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY)
        {
            (long free, long total) = Context.ReadMemory();
            throw new InsufficientMemoryException($"{Bytes:N0} bytes are not to be had on {Context.Properties.Name}, which has "
                + $"{free:N0} of {total:N0} free. {Remedy(status)}");
        }

        ThrowIfFailed(status, nameof(cuMemAlloc_v2));
        return address;
    }
}
