using static Microsoft.ML.MixedPrecision.Cuda.Nvrtc.NativeMethods;
using static Microsoft.ML.MixedPrecision.Cuda.Nvrtc.NvrtcStatus;

namespace Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

/// <summary>The compiler that was found.</summary>
internal static class NvrtcCompiler
{
    /// <summary>Its version.</summary>
    /// <exception cref="CudaUnavailableException">CUDA cannot be used here.</exception>
    public static Version ReadVersion()
    {
        ThrowIfFailed(nvrtcVersion(out int major, out int minor));
        return new Version(major, minor);
    }
}
