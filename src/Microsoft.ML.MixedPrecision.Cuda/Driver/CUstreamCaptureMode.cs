namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>Which calls a capture forbids meanwhile.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__STREAM.html, cuThreadExchangeStreamCaptureMode</remarks>
internal enum CUstreamCaptureMode
{
    /// <summary>Unsafe calls, such as freeing memory, are forbidden to the capturing thread only: a finalizer may free meanwhile.</summary>
    CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
}
