namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>Statuses of cuBLASLt that something is decided by; the library itself names the others.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasstatus-t</remarks>
internal enum cublasStatus_t
{
    /// <summary>The call has done its work.</summary>
    CUBLAS_STATUS_SUCCESS = 0,

    /// <summary>No context is current, or the driver is not to be had.</summary>
    CUBLAS_STATUS_NOT_INITIALIZED = 1,

    /// <summary>Out of memory.</summary>
    CUBLAS_STATUS_ALLOC_FAILED = 3,

    /// <summary>The arguments do not fit each other.</summary>
    CUBLAS_STATUS_INVALID_VALUE = 7,

    /// <summary>The card lacks what the product needs.</summary>
    CUBLAS_STATUS_ARCH_MISMATCH = 8,

    /// <summary>There is no algorithm for this combination.</summary>
    CUBLAS_STATUS_NOT_SUPPORTED = 15,
}
