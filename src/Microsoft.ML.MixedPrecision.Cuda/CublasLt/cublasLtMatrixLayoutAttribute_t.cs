namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is set of a matrix beyond its type, size and pitch.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatrixlayoutattribute-t</remarks>
internal enum cublasLtMatrixLayoutAttribute_t
{
    /// <summary>Matrices in a batch; int32.</summary>
    CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT = 5,

    /// <summary>Elements from one matrix of a batch to the next; int64.</summary>
    CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET = 6,
}
