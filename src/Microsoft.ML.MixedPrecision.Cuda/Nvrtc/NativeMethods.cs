using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

/// <summary>Imports of NVRTC under NVIDIA's names. Nothing is checked here: <see cref="NvrtcStatus"/> does that.</summary>
/// <remarks>https://docs.nvidia.com/cuda/nvrtc/index.html</remarks>
internal static unsafe partial class NativeMethods
{
    private const string Library = LibraryNames.Nvrtc;

    static NativeMethods() => NativeLibraryResolver.Register();

    /// <summary>The error's name, a static string.</summary>
    [LibraryImport(Library)]
    public static partial nint nvrtcGetErrorString(nvrtcResult result);

    /// <summary>The compiler's version.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcVersion(out int major, out int minor);

    /// <summary>Makes a program of a source, its name and the headers that it may include.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nvrtcResult nvrtcCreateProgram(
        out nint prog,
        string src,
        string name,
        int numHeaders,
        byte** headers,
        byte** includeNames);

    /// <summary>Ends a program and clears its handle.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcDestroyProgram(ref nint prog);

    /// <summary>Compiles.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcCompileProgram(NvrtcProgram prog, int numOptions, byte** options);

    /// <summary>Bytes of the log, the zero at its end included.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetProgramLogSize(NvrtcProgram prog, out nuint logSizeRet);

    /// <summary>The log.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetProgramLog(NvrtcProgram prog, byte* log);

    /// <summary>Bytes of the machine code; 0 where the architecture was a virtual one.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetCUBINSize(NvrtcProgram prog, out nuint cubinSizeRet);

    /// <summary>The machine code.</summary>
    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetCUBIN(NvrtcProgram prog, byte* cubin);
}
