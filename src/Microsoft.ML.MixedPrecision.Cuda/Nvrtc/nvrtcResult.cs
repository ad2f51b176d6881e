namespace Microsoft.ML.MixedPrecision.Cuda.Nvrtc;

/// <summary>Statuses of NVRTC that something is decided by; the library itself names the others.</summary>
/// <remarks>https://docs.nvidia.com/cuda/nvrtc/index.html#error-handling</remarks>
internal enum nvrtcResult
{
    /// <summary>The call has done its work.</summary>
    NVRTC_SUCCESS = 0,

    /// <summary>An option is not known, or not for this version.</summary>
    NVRTC_ERROR_INVALID_OPTION = 5,

    /// <summary>The source has errors; the log says which.</summary>
    NVRTC_ERROR_COMPILATION = 6,

    /// <summary>The file of built-in functions is not beside the library.</summary>
    NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
}
