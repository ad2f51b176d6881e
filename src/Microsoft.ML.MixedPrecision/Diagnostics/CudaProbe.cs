using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Cuda;
using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;
using Microsoft.ML.MixedPrecision.Cuda.Nvrtc;
using Microsoft.ML.MixedPrecision.Precision;

namespace Microsoft.ML.MixedPrecision.Diagnostics;

/// <summary>Reads what this machine has of CUDA. Throws nothing for what it lacks.</summary>
internal static class CudaProbe
{
    /// <summary>The NVIDIA GPUs. Where CUDA can be used, their free memory is read, for which a context is made and given back.</summary>
    /// <param name="installation">What was found.</param>
    public static IEnumerable<DeviceDescription> Devices(CudaInstallation installation)
        => installation.Devices.Select(
            properties => Describe(properties, installation.Problem is null ? ReadFree(properties.Ordinal) : null));

    /// <summary>The libraries that were found, with version and path.</summary>
    /// <param name="installation">What was found.</param>
    public static IEnumerable<NativeLibraryDescription> Libraries(CudaInstallation installation)
    {
        if (installation.DriverVersion > 0)
        {
            yield return Describe(installation.Driver, new Version(UnavailableText.Version(installation.DriverVersion)));
        }

        foreach (LibrarySearch search in installation.Toolkit.Libraries)
        {
            yield return Describe(
                search,
                search.Library == NativeLibraryKind.Nvrtc ? NvrtcCompiler.ReadVersion() : CublasLtLibrary.ReadVersion());
        }
    }

    /// <summary>A GPU for people.</summary>
    /// <param name="properties">What it is.</param>
    /// <param name="freeBytes">Bytes free; null where that is not known.</param>
    public static DeviceDescription Describe(CudaProperties properties, long? freeBytes)
    {
        var precision = new PrecisionDevice(IsCuda: true, properties.Major, properties.Minor);
        return new()
        {
            Device = ComputeDevice.Cuda(properties.Ordinal),
            Kind = DeviceKind.Cuda,
            Name = properties.Name,
            Ordinal = properties.Ordinal,
            ComputeCapability = new Version(properties.Major, properties.Minor),
            MemoryBytes = properties.Memory,
            FreeMemoryBytes = freeBytes,
            Formats = [.. Enum.GetValues<NumericFormat>().Where(precision.Supports)],
        };
    }

    // A card in exclusive use by another process, or lost, gives no context; the report goes on without the number.
    private static long? ReadFree(int ordinal)
    {
        try
        {
            using var context = new CudaContext(ordinal);
            return context.ReadMemory().Free;
        }
        catch (CudaException)
        {
            return null;
        }
    }

    private static NativeLibraryDescription Describe(LibrarySearch search, Version version)
        => new() { Name = LibraryNames.Title(search.Library), Version = version, Path = PathOf(search) };

    // The loader says what it has loaded, not from where: the process's list of files does.
    private static string PathOf(LibrarySearch search)
    {
        string candidate = search.Attempts[^1].Candidate;
        if (Path.IsPathRooted(candidate))
        {
            return candidate;
        }

        using var process = Process.GetCurrentProcess();
        string stem = Path.GetFileName(candidate);
        return process.Modules.Cast<ProcessModule>().Select(module => module.FileName).FirstOrDefault(file => IsThisFile(file, stem))
            ?? candidate;
    }

    // libcuda.so.1 is a link, mapped under the name of what it points to: libcuda.so.580.65.06.
    private static bool IsThisFile(string file, string name)
        => Path.GetFileName(file).StartsWith(
            OperatingSystem.IsWindows() ? name : name[..(name.IndexOf(".so", StringComparison.Ordinal) + ".so".Length)],
            StringComparison.OrdinalIgnoreCase);
}
