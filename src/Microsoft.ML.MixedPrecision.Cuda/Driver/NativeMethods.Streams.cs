using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <content>
/// Streams, events, graphs: https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__STREAM.html, group__CUDA__EVENT.html,
/// group__CUDA__GRAPH.html
/// </content>
internal static unsafe partial class NativeMethods
{
    /// <summary>Makes a stream.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuStreamCreate(out nint phStream, CUstream_flags flags);

    /// <summary>Ends a stream; its resources go when its work is done.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuStreamDestroy_v2(nint hStream);

    /// <summary>Waits until a stream's work is done.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuStreamSynchronize(CudaStream hStream);

    /// <summary>Lets a stream's later work wait for an event; <c>flags</c> is 0.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuStreamWaitEvent(CudaStream hStream, CudaEvent hEvent, uint flags);

    /// <summary>From here on a stream's work is recorded, not run.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuStreamBeginCapture_v2(CudaStream hStream, CUstreamCaptureMode mode);

    /// <summary>Ends a recording; null where it broke off.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuStreamEndCapture(CudaStream hStream, out nint phGraph);

    /// <summary>Makes an event.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuEventCreate(out nint phEvent, CUevent_flags flags);

    /// <summary>Ends an event.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuEventDestroy_v2(nint hEvent);

    /// <summary>The event happens when the stream's work so far is done.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuEventRecord(CudaEvent hEvent, CudaStream hStream);

    /// <summary>Whether an event has happened: <c>CUDA_ERROR_NOT_READY</c> until then. Does not wait.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuEventQuery(CudaEvent hEvent);

    /// <summary>Waits until an event has happened.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuEventSynchronize(CudaEvent hEvent);

    /// <summary>Milliseconds between two events, to about half a microsecond.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuEventElapsedTime(out float pMilliseconds, CudaEvent hStart, CudaEvent hEnd);

    /// <summary>The nodes of a graph; with null for them, their number.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGraphGetNodes(nint hGraph, nint* nodes, out nuint numNodes);

    /// <summary>Makes a graph that can be launched; <c>flags</c> is 0.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGraphInstantiateWithFlags(out nint phGraphExec, nint hGraph, ulong flags);

    /// <summary>Ends a recorded graph; those instantiated from it stay.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGraphDestroy(nint hGraph);

    /// <summary>Ends a graph that can be launched.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGraphExecDestroy(nint hGraphExec);

    /// <summary>Launches a graph in a stream's order.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGraphLaunch(CudaGraph hGraphExec, CudaStream hStream);
}
