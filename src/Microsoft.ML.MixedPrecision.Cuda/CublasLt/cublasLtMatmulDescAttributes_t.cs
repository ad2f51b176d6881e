namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is set of a product.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmuldescattributes-t</remarks>
internal enum cublasLtMatmulDescAttributes_t
{
    /// <summary>Whether A is transposed; int32, 0 no, 1 yes.</summary>
    CUBLASLT_MATMUL_DESC_TRANSA = 3,

    /// <summary>Whether B is transposed; int32, 0 no, 1 yes.</summary>
    CUBLASLT_MATMUL_DESC_TRANSB = 4,

    /// <summary>The epilogue; uint32.</summary>
    CUBLASLT_MATMUL_DESC_EPILOGUE = 7,

    /// <summary>Address of the bias, or of its gradient.</summary>
    CUBLASLT_MATMUL_DESC_BIAS_POINTER = 8,

    /// <summary>Elements from one product's bias to the next one's, where a batch is computed; int64, 0 for the same.</summary>
    CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE = 10,

    /// <summary>The bias's elements' type; int32.</summary>
    CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE = 26,
}
