namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is asked of algorithms.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmulpreferenceattributes-t</remarks>
internal enum cublasLtMatmulPreferenceAttributes_t
{
    /// <summary>Bytes of workspace at most; uint64.</summary>
    CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES = 1,

    /// <summary>Allowed reduction schemes; uint32.</summary>
    CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK = 3,

    /// <summary>Alignment of A in bytes; uint32.</summary>
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES = 5,

    /// <summary>Alignment of B in bytes; uint32.</summary>
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES = 6,

    /// <summary>Alignment of C in bytes; uint32.</summary>
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES = 7,

    /// <summary>Alignment of D in bytes; uint32.</summary>
    CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES = 8,
}
