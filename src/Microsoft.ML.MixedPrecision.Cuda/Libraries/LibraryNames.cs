using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>What NVIDIA's libraries are called: to people, in imports, and as files.</summary>
/// <remarks>File names: https://docs.nvidia.com/cuda/cublas/index.html and https://docs.nvidia.com/cuda/nvrtc/index.html
/// (Installation).</remarks>
internal static class LibraryNames
{
    /// <summary>The driver's name in imports.</summary>
    public const string Driver = "cuda";

    /// <summary>NVRTC's name in imports.</summary>
    public const string Nvrtc = "nvrtc";

    /// <summary>cuBLASLt's name in imports.</summary>
    public const string CublasLt = "cublasLt";

    /// <summary>The library of an import; null for a name that is not ours.</summary>
    /// <param name="import">The name in the import.</param>
    public static NativeLibraryKind? Parse(string import) => import switch
    {
        Driver => NativeLibraryKind.Driver,
        Nvrtc => NativeLibraryKind.Nvrtc,
        CublasLt => NativeLibraryKind.CublasLt,
        _ => null,
    };

    /// <summary>The name for people.</summary>
    /// <param name="library">The library.</param>
    /// <exception cref="ArgumentOutOfRangeException">The library is not known.</exception>
    public static string Title(NativeLibraryKind library) => library switch
    {
        NativeLibraryKind.Driver => "CUDA driver",
        NativeLibraryKind.Nvrtc => "NVRTC",
        NativeLibraryKind.CublasLt => "cuBLASLt",
        _ => throw Unknown(library),
    };

    /// <summary>The file's name, for example <c>libnvrtc.so.13</c> or <c>nvrtc64_130_0.dll</c>.</summary>
    /// <param name="library">The library.</param>
    /// <param name="major">CUDA's major version; the driver's file has none.</param>
    /// <param name="isWindows">Windows, else Linux.</param>
    public static string File(NativeLibraryKind library, int major, bool isWindows) => (library, isWindows) switch
    {
        (NativeLibraryKind.Driver, true) => "nvcuda.dll",
        (NativeLibraryKind.Driver, false) => "libcuda.so.1",
        (NativeLibraryKind.Nvrtc, true) => string.Create(CultureInfo.InvariantCulture, $"nvrtc64_{major}0_0.dll"),
        (NativeLibraryKind.Nvrtc, false) => string.Create(CultureInfo.InvariantCulture, $"libnvrtc.so.{major}"),
        (NativeLibraryKind.CublasLt, true) => string.Create(CultureInfo.InvariantCulture, $"cublasLt64_{major}.dll"),
        (NativeLibraryKind.CublasLt, false) => string.Create(CultureInfo.InvariantCulture, $"libcublasLt.so.{major}"),
        _ => throw Unknown(library),
    };

    /// <summary>What is thrown for a library that has no case where it is asked for.</summary>
    /// <param name="library">The library.</param>
    public static ArgumentOutOfRangeException Unknown(NativeLibraryKind library)
        => new(nameof(library), string.Create(
            CultureInfo.InvariantCulture, $"{(int)library} is no library that is known here; use "
                + $"{string.Join(", ", Enum.GetNames<NativeLibraryKind>())}, or give it a case."));
}
