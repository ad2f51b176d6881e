namespace Microsoft.ML.MixedPrecision.Cuda.Driver;

/// <summary>How a stream is made.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TYPES.html</remarks>
internal enum CUstream_flags
{
    /// <summary>Does not wait for the default stream, which other libraries in the process may use.</summary>
    CU_STREAM_NON_BLOCKING = 1,
}
