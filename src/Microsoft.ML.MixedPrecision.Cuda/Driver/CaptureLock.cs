namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>
/// Keeps captures apart from what would break them on another thread. A capture in thread-local mode bears allocations, frees, modules,
/// copies and launches of other
/// threads. It does not bear that they wait for the whole context: <c>cuCtxSynchronize</c> fails with
/// CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, and the process then ended
/// with a segmentation fault in the driver (580.159.04, H100, 2026-11-25, captures of kernels, products and copies beside 21 kinds of
/// calls). Making and destroying cuBLASLt handles did the same.
/// </summary>
internal static class CaptureLock
{
    private static readonly Lock Captures = new();

    /// <summary>Waits until no other thread of the process is inside.</summary>
    /// <returns>The stay, which ends when disposed of.</returns>
    public static Lock.Scope Enter() => Captures.EnterScope();
}
