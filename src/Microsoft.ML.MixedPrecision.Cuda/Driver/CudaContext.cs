using System.Runtime.InteropServices;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>
/// A share of a card's primary context, the one that other libraries in the process use too. Every object made in it holds it, so
/// that they may be disposed of, or finalized, in any order and on any thread: the share is given back when this has been disposed of
/// and the last of them is gone.
/// </summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__PRIMARY__CTX.html</remarks>
internal sealed class CudaContext : SafeHandle
{
    private readonly int _device;

    /// <summary>Takes a share.</summary>
    /// <param name="ordinal">The card's number, from 0.</param>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    /// <exception cref="CudaException">There is no such card, or it is not to be had.</exception>
    public CudaContext(int ordinal)
        : base(0, ownsHandle: true)
    {
        CudaInstallation.Current.ThrowIfUnavailable();
        ThrowIfFailed(cuDeviceGet(out _device, ordinal));
        ThrowIfFailed(cuDevicePrimaryCtxRetain(out nint context, _device));
        SetHandle(context);
        Properties = CudaInstallation.Current.Devices[ordinal];
    }

    /// <summary>The card.</summary>
    public CudaProperties Properties { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>
    /// Makes this the calling thread's context. Copies, launches and captures on a thread need it once before; making and freeing objects
    /// does not.
    /// </summary>
    /// <exception cref="ObjectDisposedException">It has been given back.</exception>
    public void MakeCurrent() => ThrowIfFailed(cuCtxSetCurrent(this));

    /// <summary>Makes this the calling thread's context until the scope ends.</summary>
    /// <exception cref="CudaException">The context is lost.</exception>
    public CudaContextScope Enter() => new(handle);

    /// <summary>Free and total bytes of the card, whoever uses it.</summary>
    /// <exception cref="CudaException">The context is lost.</exception>
    /// <exception cref="ObjectDisposedException">It has been given back.</exception>
    public (long Free, long Total) ReadMemory()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        using CudaContextScope scope = Enter();
        ThrowIfFailed(cuMemGetInfo_v2(out nuint free, out nuint total));
        return ((long)free, (long)total);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => cuDevicePrimaryCtxRelease_v2(_device) == CUresult.CUDA_SUCCESS;
}
