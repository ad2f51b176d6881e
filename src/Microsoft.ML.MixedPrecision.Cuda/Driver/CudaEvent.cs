using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>A point in a stream's work: others wait for it, or time is taken between two.</summary>
internal sealed class CudaEvent : CudaHandle
{
    /// <summary>Makes an event.</summary>
    /// <param name="context">The context.</param>
    /// <param name="flags">Whether it notes its time.</param>
    /// <exception cref="CudaException">The device is out of memory or lost.</exception>
    public CudaEvent(CudaContext context, CUevent_flags flags)
        : base(context)
        => Own(() =>
        {
            ThrowIfFailed(cuEventCreate(out nint created, flags));
            return created;
        });

    /// <summary>Happens when the stream's work so far is done.</summary>
    /// <param name="stream">The stream.</param>
    public void Record(CudaStream stream) => ThrowIfFailed(cuEventRecord(this, stream));

    /// <summary>Whether it has happened; does not wait.</summary>
    /// <exception cref="CudaException">Some of the work before it has failed.</exception>
    public bool HasHappened
    {
        get
        {
            CUresult result = cuEventQuery(this);
            if (result == CUresult.CUDA_ERROR_NOT_READY)
            {
                return false;
            }

            ThrowIfFailed(result);
            return true;
        }
    }

    /// <summary>Waits until it has happened.</summary>
    /// <exception cref="CudaException">Some of the work before it has failed.</exception>
    public void Synchronize() => ThrowIfFailed(cuEventSynchronize(this));

    /// <summary>Milliseconds from an earlier event to this one; both note their time and have happened.</summary>
    /// <param name="start">The earlier one.</param>
    public float MillisecondsSince(CudaEvent start)
    {
        ThrowIfFailed(cuEventElapsedTime(out float milliseconds, start, this));
        return milliseconds;
    }

    /// <inheritdoc/>
    protected override bool Free() => cuEventDestroy_v2(handle) == CUresult.CUDA_SUCCESS;
}
