using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>An order of work on the device. Its context must be current (<see cref="CudaContext.MakeCurrent"/>) on the thread that adds
/// work.</summary>
internal sealed unsafe class CudaStream : CudaHandle
{
    /// <summary>Makes a stream that does not wait for the default stream.</summary>
    /// <param name="context">The context.</param>
    /// <exception cref="CudaException">The device is out of memory or lost.</exception>
    public CudaStream(CudaContext context)
        : base(context)
        => Own(() =>
        {
            ThrowIfFailed(cuStreamCreate(out nint stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
            return stream;
        });

    /// <summary>Waits until the work so far is done.</summary>
    /// <exception cref="CudaException">Some of the work has failed.</exception>
    public void Synchronize() => ThrowIfFailed(cuStreamSynchronize(this));

    /// <summary>Lets later work wait for an event.</summary>
    /// <param name="awaited">The event.</param>
    public void Wait(CudaEvent awaited) => ThrowIfFailed(cuStreamWaitEvent(this, awaited, 0));

    /// <summary>Adds a copy from main memory, which must stay as it is until the copy is done, and is read beside other work only if it is
    /// pinned.</summary>
    /// <param name="source">Main memory.</param>
    /// <param name="target">Device memory.</param>
    /// <param name="bytes">Size in bytes.</param>
    public void CopyToDevice(void* source, nint target, long bytes)
        => ThrowIfFailed(cuMemcpyHtoDAsync_v2(target, source, (nuint)bytes, this));

    /// <summary>Adds a copy to main memory, which has it when the stream has come that far.</summary>
    /// <param name="source">Device memory.</param>
    /// <param name="target">Main memory.</param>
    /// <param name="bytes">Size in bytes.</param>
    public void CopyToHost(nint source, void* target, long bytes)
        => ThrowIfFailed(cuMemcpyDtoHAsync_v2(target, source, (nuint)bytes, this));

    /// <summary>Adds a copy within the device.</summary>
    /// <param name="source">Device memory.</param>
    /// <param name="target">Device memory; must not overlap the source.</param>
    /// <param name="bytes">Size in bytes.</param>
    public void CopyOnDevice(nint source, nint target, long bytes)
        => ThrowIfFailed(cuMemcpyDtoDAsync_v2(target, source, (nuint)bytes, this));

    /// <summary>Adds setting every byte to a value.</summary>
    /// <param name="target">Device memory.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytes">Size in bytes.</param>
    public void Fill(nint target, byte value, long bytes) => ThrowIfFailed(cuMemsetD8Async(target, value, (nuint)bytes, this));

    /// <summary>Adds setting the bytes of a matrix to a value; what is between its rows stays.</summary>
    /// <param name="target">Device memory.</param>
    /// <param name="value">The value.</param>
    /// <param name="pitch">Bytes from row to row.</param>
    /// <param name="width">Bytes of a row.</param>
    /// <param name="rows">Rows.</param>
    public void FillRows(nint target, byte value, long pitch, long width, int rows)
        => ThrowIfFailed(cuMemsetD2D8Async(target, (nuint)pitch, value, (nuint)width, (nuint)rows, this));

    /// <summary>Copies to the device and waits.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="target">Device memory.</param>
    /// <param name="values">The values.</param>
    public void Write<T>(nint target, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        fixed (T* source = values)
        {
            CopyToDevice(source, target, (long)values.Length * sizeof(T));
            Synchronize();
        }
    }

    /// <summary>Copies from the device and waits.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <param name="source">Device memory.</param>
    /// <param name="values">Where they go.</param>
    public void Read<T>(nint source, Span<T> values)
        where T : unmanaged
    {
        fixed (T* target = values)
        {
            CopyToHost(source, target, (long)values.Length * sizeof(T));
            Synchronize();
        }
    }

    /// <summary>
    /// Records the work that is added meanwhile, which does not run, as a graph that can be launched again and again. Buffers and modules
    /// that the work uses must outlive the graph. Other threads may use the card meanwhile; what would break the capture waits, see
    /// <see cref="CaptureLock"/>.
    /// </summary>
    /// <param name="addWork">Adds work to this stream, or to others that wait for it and that it waits for in the end.</param>
    /// <exception cref="CudaException">Something was called that a capture does not allow.</exception>
    public CudaGraph Capture(Action addWork)
    {
        ArgumentNullException.ThrowIfNull(addWork);
        using Lock.Scope alone = CaptureLock.Enter();
        ThrowIfFailed(cuStreamBeginCapture_v2(this, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        try
        {
            addWork();
        }
        catch
        {
            if (cuStreamEndCapture(this, out nint broken) == CUresult.CUDA_SUCCESS)
            {
                _ = cuGraphDestroy(broken);
            }

            throw;
        }

        ThrowIfFailed(cuStreamEndCapture(this, out nint recorded));
        try
        {
            return new CudaGraph(Context, recorded);
        }
        finally
        {
            _ = cuGraphDestroy(recorded);
        }
    }

    /// <inheritdoc/>
    protected override bool Free() => cuStreamDestroy_v2(handle) == CUresult.CUDA_SUCCESS;
}
