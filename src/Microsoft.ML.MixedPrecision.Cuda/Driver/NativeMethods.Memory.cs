using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <content>Memory: https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MEM.html</content>
internal static unsafe partial class NativeMethods
{
    /// <summary>Free and total bytes of the current context's card.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemGetInfo_v2(out nuint free, out nuint total);

    /// <summary>Allocates device memory, aligned to 256 bytes or more.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemAlloc_v2(out nint dptr, nuint bytesize);

    /// <summary>Frees device memory; waits for work that may use it.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemFree_v2(nint dptr);

    /// <summary>Allocates main memory that the card can reach itself.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemHostAlloc(out nint pp, nuint bytesize, uint flags);

    /// <summary>Frees what <see cref="cuMemHostAlloc"/> gave.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemFreeHost(nint p);

    /// <summary>Main memory to device memory, in the stream's order.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemcpyHtoDAsync_v2(nint dstDevice, void* srcHost, nuint byteCount, CudaStream hStream);

    /// <summary>Device memory to main memory, in the stream's order.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemcpyDtoHAsync_v2(void* dstHost, nint srcDevice, nuint byteCount, CudaStream hStream);

    /// <summary>Device memory to device memory, in the stream's order.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemcpyDtoDAsync_v2(nint dstDevice, nint srcDevice, nuint byteCount, CudaStream hStream);

    /// <summary>Sets bytes, in the stream's order.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemsetD8Async(nint dstDevice, byte uc, nuint n, CudaStream hStream);

    /// <summary>Sets the bytes of a matrix, in the stream's order.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuMemsetD2D8Async(
        nint dstDevice,
        nuint dstPitch,
        byte uc,
        nuint width,
        nuint height,
        CudaStream hStream);
}
