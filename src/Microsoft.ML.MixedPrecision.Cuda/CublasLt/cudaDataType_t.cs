namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>How elements are stored.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cudadatatype-t</remarks>
internal enum cudaDataType_t
{
    /// <summary>IEEE binary32.</summary>
    CUDA_R_32F = 0,

    /// <summary>IEEE binary16.</summary>
    CUDA_R_16F = 2,

    /// <summary>bfloat16.</summary>
    CUDA_R_16BF = 14,
}
