namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>How a product is computed.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublascomputetype-t</remarks>
internal enum cublasComputeType_t
{
    /// <summary>Sums in Float32; Float32 operands keep all their bits.</summary>
    CUBLAS_COMPUTE_32F = 68,

    /// <summary>Sums in Float32; Float32 operands are rounded to TensorFloat32 by the Tensor Core.</summary>
    CUBLAS_COMPUTE_32F_FAST_TF32 = 77,
}
