namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is set of a matrix.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatrixlayoutattribute-t</remarks>
internal enum cublasLtMatrixLayoutAttribute_t
{
    /// <summary>How many matrices there are; int32, 1 at first.</summary>
    CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT = 5,

    /// <summary>Elements from one matrix to the next; int64, 0 for the same.</summary>
    CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET = 6,
}
