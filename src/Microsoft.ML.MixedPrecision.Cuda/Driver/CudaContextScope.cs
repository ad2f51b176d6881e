using static Microsoft.ML.MixedPrecision.Cuda.Driver.DriverStatus;
using static Microsoft.ML.MixedPrecision.Cuda.Driver.NativeMethods;

namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>A context is the thread's until this is disposed of; then the one before is again.</summary>
internal readonly ref struct CudaContextScope
{
    /// <summary>Makes a context the thread's.</summary>
    /// <param name="context">The context.</param>
    /// <exception cref="CudaException">The context is lost.</exception>
    public CudaContextScope(nint context) => ThrowIfFailed(cuCtxPushCurrent_v2(context));

    /// <summary>Brings the one before back. Does not throw: it may run while an exception passes.</summary>
    public void Dispose() => _ = cuCtxPopCurrent_v2(out _);
}
