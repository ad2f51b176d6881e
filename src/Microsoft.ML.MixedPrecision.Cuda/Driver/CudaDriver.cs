using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Checked calls of the driver that belong to no object.</summary>
internal static class CudaDriver
{
    /// <summary>Starts the driver in this process; any number of times.</summary>
    /// <exception cref="CudaException">There is no card, or driver and kernel module do not fit.</exception>
    public static void Initialize() => ThrowIfFailed(cuInit(0));

    /// <summary>The newest CUDA that the driver supports: 1000 × major + 10 × minor.</summary>
    /// <exception cref="CudaException">The driver fails.</exception>
    public static int ReadVersion()
    {
        ThrowIfFailed(cuDriverGetVersion(out int version));
        return version;
    }

    /// <summary>How many cards there are.</summary>
    /// <exception cref="CudaException">The driver is not started.</exception>
    public static int CountDevices()
    {
        ThrowIfFailed(cuDeviceGetCount(out int count));
        return count;
    }
}
