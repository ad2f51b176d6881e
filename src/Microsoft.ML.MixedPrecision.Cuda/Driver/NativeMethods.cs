using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Imports of the CUDA driver under NVIDIA's names. Nothing is checked here: <see cref="DriverStatus"/> does that.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/; names ending in <c>_v2</c> are what the header's names stand for.</remarks>
internal static unsafe partial class NativeMethods
{
    private const string Library = LibraryNames.Driver;

    static NativeMethods() => NativeLibraryResolver.Register();

    /// <summary>Starts the driver in this process; any number of times. <c>flags</c> is 0.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuInit(uint flags);

    /// <summary>The newest CUDA supported: 1000 × major + 10 × minor.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDriverGetVersion(out int driverVersion);

    /// <summary>The error's name, a static string.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGetErrorName(CUresult error, byte** pStr);

    /// <summary>The error's text, a static string.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuGetErrorString(CUresult error, byte** pStr);

    /// <summary>How many cards there are.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDeviceGetCount(out int count);

    /// <summary>A card by its ordinal.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDeviceGet(out int device, int ordinal);

    /// <summary>A card's name, ended by a zero byte.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDeviceGetName(byte* name, int len, int dev);

    /// <summary>A card's 16-byte identity.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDeviceGetUuid_v2(byte* uuid, int dev);

    /// <summary>A card's memory in bytes.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDeviceTotalMem_v2(out nuint bytes, int dev);

    /// <summary>A property of a card.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDeviceGetAttribute(out int pi, CUdevice_attribute attrib, int dev);

    /// <summary>Takes a share of a card's primary context, which the first one makes.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDevicePrimaryCtxRetain(out nint pctx, int dev);

    /// <summary>Gives a share of a card's primary context back; the last one ends it.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuDevicePrimaryCtxRelease_v2(int dev);

    /// <summary>Makes a context the calling thread's.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuCtxSetCurrent(CudaContext ctx);

    /// <summary>Makes a context the calling thread's until it is popped.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuCtxPushCurrent_v2(nint ctx);

    /// <summary>Brings back the context before the last push.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuCtxPopCurrent_v2(out nint pctx);
}
