using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <content>
/// Modules and launches: https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__MODULE.html, group__CUDA__EXEC.html
/// </content>
internal static unsafe partial class NativeMethods
{
    /// <summary>Loads machine code.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuModuleLoadData(out nint module, byte* image);

    /// <summary>Unloads machine code.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuModuleUnload(nint hmod);

    /// <summary>A function of a module by its name; lives as long as the module.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial CUresult cuModuleGetFunction(out nint hfunc, CudaModule hmod, string name);

    /// <summary>Changes what a function may use.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuFuncSetAttribute(nint hfunc, CUfunction_attribute attrib, int value);

    /// <summary>Launches a function in a stream's order; the arguments' values are read before it returns.</summary>
    [LibraryImport(Library)]
    public static partial CUresult cuLaunchKernel(
        nint f,
        uint gridDimX,
        uint gridDimY,
        uint gridDimZ,
        uint blockDimX,
        uint blockDimY,
        uint blockDimZ,
        uint sharedMemBytes,
        CudaStream hStream,
        void** kernelParams,
        void** extra);
}
