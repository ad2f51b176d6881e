namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is read of an algorithm's nature.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmulalgocapattributes-t</remarks>
internal enum cublasLtMatmulAlgoCapAttributes_t
{
    /// <summary>Instructions, operands and sums; uint64, see <see cref="NumericalFlags"/>.</summary>
    CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS = 15,
}
