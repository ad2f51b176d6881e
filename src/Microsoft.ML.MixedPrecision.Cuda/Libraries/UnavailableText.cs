using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Cuda.Libraries;

/// <summary>What is said where CUDA cannot be used: what was found, what was tried, what to do.</summary>
internal static class UnavailableText
{
    private const string WayOut = "or use ComputeDevice.Cpu";

    /// <summary>No driver.</summary>
    /// <param name="driver">The search.</param>
    public static string NoDriver(LibrarySearch driver)
        => $"There is no NVIDIA driver here: tried {driver.Describe()}. Install driver 580 or later from "
            + $"https://www.nvidia.com/drivers (in a container, start it with '--gpus all'), {WayOut}.";

    /// <summary>A driver that does not start.</summary>
    /// <param name="error">The driver's error.</param>
    public static string NoStart(string error)
        => error.Contains(WayOut, StringComparison.Ordinal)
            ? $"The NVIDIA driver does not start: {error}"
            : $"The NVIDIA driver does not start: {error} Check that 'nvidia-smi' runs here, {WayOut}.";

    /// <summary>A driver too old.</summary>
    /// <param name="driverVersion">As <c>cuDriverGetVersion</c> counts.</param>
    public static string OldDriver(int driverVersion)
        => string.Create(CultureInfo.InvariantCulture, $"The NVIDIA driver supports CUDA {Version(driverVersion)}; 12.0 is the oldest "
            + $"that serves. Install driver 580 or later from https://www.nvidia.com/drivers, {WayOut}.");

    /// <summary>A driver, but no card that serves.</summary>
    /// <param name="devices">How many cards there are.</param>
    public static string NoDevice(int devices)
        => string.Create(CultureInfo.InvariantCulture, $"The NVIDIA driver shows {devices} GPUs, none of compute capability 5.0 or "
            + $"later. Check 'nvidia-smi' and CUDA_VISIBLE_DEVICES, {WayOut}.");

    /// <summary>Libraries missing.</summary>
    /// <param name="majors">Versions that could be used, the best first.</param>
    /// <param name="toolkit">The searches.</param>
    /// <param name="isWindows">Windows, else Linux.</param>
    public static string NoToolkit(IReadOnlyList<int> majors, ToolkitSearch toolkit, bool isWindows)
    {
        string versions = string.Join(" or ", majors);
        string missing = string.Join("; ", toolkit.Failed.Where(search => !search.Found).Select(search => search.Describe()));
        string remedy = isWindows
            ? string.Create(CultureInfo.InvariantCulture, $"Install the CUDA Toolkit {majors[0]} from "
                + $"https://developer.nvidia.com/cuda-downloads, or put {Files(majors[0], isWindows)} beside the application")
            : string.Create(CultureInfo.InvariantCulture, $"Install the packages cuda-nvrtc-{majors[0]}-0 and libcublas-{majors[0]}-0 "
                + $"from https://developer.nvidia.com/cuda-downloads, or put {Files(majors[0], isWindows)} beside the application");
        return $"CUDA's libraries, NVRTC and cuBLASLt, both of version {versions}, are not all here: tried {missing}. {remedy}, {WayOut}.";
    }

    /// <summary>A version as people write it: 13000 is <c>13.0</c>.</summary>
    /// <param name="driverVersion">As <c>cuDriverGetVersion</c> counts.</param>
    public static string Version(int driverVersion)
        => string.Create(CultureInfo.InvariantCulture, $"{driverVersion / 1000}.{driverVersion % 1000 / 10}");

    // NVRTC loads its built-in functions from a second file, named by major and minor version.
    private static string Files(int major, bool isWindows)
        => $"{LibraryNames.File(NativeLibraryKind.Nvrtc, major, isWindows)}, the nvrtc-builtins file that comes with it, and "
            + $"{LibraryNames.File(NativeLibraryKind.CublasLt, major, isWindows)}";
}
