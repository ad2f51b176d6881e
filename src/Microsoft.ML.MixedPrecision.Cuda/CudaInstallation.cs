using Microsoft.ML.MixedPrecision.Cuda.Driver;
using Microsoft.ML.MixedPrecision.Cuda.Libraries;

namespace Microsoft.ML.MixedPrecision.Cuda;

/// <summary>What this machine has of CUDA: driver, cards, libraries; or why it cannot be used. Immutable, read once a process.</summary>
internal sealed class CudaInstallation
{
    private static readonly Lazy<CudaInstallation> Read = new(() => new CudaInstallation());

    private CudaInstallation()
    {
        Toolkit = new(null, [], []);
        try
        {
            Problem = ReadDriver() ?? FindToolkit();
        }
        catch (Exception e) when (e is CudaException or EntryPointNotFoundException)
        {
            Problem = UnavailableText.NoStart(e.Message);
        }
    }

    /// <summary>This machine's.</summary>
    public static CudaInstallation Current => Read.Value;

    /// <summary>The search for the driver.</summary>
    public LibrarySearch Driver => NativeLibraryResolver.Driver;

    /// <summary>The newest CUDA that the driver supports, as <c>cuDriverGetVersion</c> counts: 1000 × major + 10 × minor; 0 without a
    /// driver.</summary>
    public int DriverVersion { get; private set; }

    /// <summary>All cards, by ordinal.</summary>
    public IReadOnlyList<CudaProperties> Devices { get; private set; } = [];

    /// <summary>The search for NVRTC and cuBLASLt.</summary>
    public ToolkitSearch Toolkit { get; private set; }

    /// <summary>Why CUDA cannot be used, and what to do; null where it can.</summary>
    public string? Problem { get; }

    /// <summary>Refuses where CUDA cannot be used.</summary>
    /// <exception cref="CudaUnavailableException">No driver, no card or no libraries.</exception>
    public void ThrowIfUnavailable()
    {
        if (Problem is not null)
        {
            throw new CudaUnavailableException(Problem);
        }
    }

    /// <summary>The handle of a library of the toolkit.</summary>
    /// <param name="library">NVRTC or cuBLASLt.</param>
    /// <exception cref="CudaUnavailableException">No driver, no card or no libraries.</exception>
    public nint Require(NativeLibraryKind library)
    {
        ThrowIfUnavailable();
        return Toolkit.Libraries.Single(search => search.Library == library).Handle;
    }

    private string? ReadDriver()
    {
        if (!Driver.Found)
        {
            return UnavailableText.NoDriver(Driver);
        }

        CudaDriver.Initialize();
        DriverVersion = CudaDriver.ReadVersion();
        if (DriverVersion < ToolkitChoice.OldestDriver)
        {
            return UnavailableText.OldDriver(DriverVersion);
        }

        Devices = [.. Enumerable.Range(0, CudaDriver.CountDevices()).Select(CudaProperties.Read)];
        return Devices.Any(Serves) ? null : UnavailableText.NoDevice(Devices.Count);
    }

    private string? FindToolkit()
    {
        int lowest = Devices.Where(Serves).Min(device => device.Capability);
        IReadOnlyList<int> majors = ToolkitChoice.Majors(DriverVersion, lowest);
        Toolkit = new LibrarySearcher(SearchEnvironment.Current, new SystemLibraryLoader()).FindToolkit(majors);
        return Toolkit.Major is null ? UnavailableText.NoToolkit(majors, Toolkit, OperatingSystem.IsWindows()) : null;
    }

    private static bool Serves(CudaProperties device) => device.Capability >= ToolkitChoice.OldestCapability;
}
