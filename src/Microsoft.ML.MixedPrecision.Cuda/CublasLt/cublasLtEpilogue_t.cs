namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is done with a product before it is stored: bias along the rows of the column-major result, activation.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltepilogue-t</remarks>
internal enum cublasLtEpilogue_t
{
    /// <summary>Nothing.</summary>
    CUBLASLT_EPILOGUE_DEFAULT = 1,

    /// <summary>max(x, 0).</summary>
    CUBLASLT_EPILOGUE_RELU = 2,

    /// <summary>x + bias.</summary>
    CUBLASLT_EPILOGUE_BIAS = 4,

    /// <summary>max(x + bias, 0).</summary>
    CUBLASLT_EPILOGUE_RELU_BIAS = 6,
}
