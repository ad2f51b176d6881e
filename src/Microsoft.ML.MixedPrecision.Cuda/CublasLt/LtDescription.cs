using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>A description that cuBLASLt keeps in main memory: it needs no context, and is freed on any thread.</summary>
internal abstract class LtDescription() : SafeHandle(0, ownsHandle: true)
{
    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;
}
