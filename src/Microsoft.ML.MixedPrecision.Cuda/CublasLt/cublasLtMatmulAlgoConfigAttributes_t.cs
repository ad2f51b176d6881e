namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is read of an algorithm's choices.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmulalgoconfigattributes-t</remarks>
internal enum cublasLtMatmulAlgoConfigAttributes_t
{
    /// <summary>Its number; int32.</summary>
    CUBLASLT_ALGO_CONFIG_ID = 0,

    /// <summary>Its tile; uint32.</summary>
    CUBLASLT_ALGO_CONFIG_TILE_ID = 1,

    /// <summary>Parts that the inner dimension is split into; uint32.</summary>
    CUBLASLT_ALGO_CONFIG_SPLITK_NUM = 2,

    /// <summary>How the parts are added; uint32.</summary>
    CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME = 3,

    /// <summary>Tiles kept in flight; uint32.</summary>
    CUBLASLT_ALGO_CONFIG_STAGES_ID = 6,
}
