namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>What is done with a product before it is stored: bias along the rows of the column-major result, activation, gradients.</summary>
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

    /// <summary>GELU(x), tanh form.</summary>
    CUBLASLT_EPILOGUE_GELU = 32,

    /// <summary>GELU(x + bias), tanh form.</summary>
    CUBLASLT_EPILOGUE_GELU_BIAS = 36,

    /// <summary>max(x, 0), and a bit an element that says where x was positive.</summary>
    CUBLASLT_EPILOGUE_RELU_AUX = 130,

    /// <summary>max(x + bias, 0), and a bit an element that says where x + bias was positive.</summary>
    CUBLASLT_EPILOGUE_RELU_AUX_BIAS = 134,

    /// <summary>x where the bit is set, else 0.</summary>
    CUBLASLT_EPILOGUE_DRELU = 136,

    /// <summary>x where the bit is set, else 0, and its sums along the rows.</summary>
    CUBLASLT_EPILOGUE_DRELU_BGRAD = 152,

    /// <summary>GELU(x), and x.</summary>
    CUBLASLT_EPILOGUE_GELU_AUX = 160,

    /// <summary>GELU(x + bias), and x + bias.</summary>
    CUBLASLT_EPILOGUE_GELU_AUX_BIAS = 164,

    /// <summary>x · GELU'(saved).</summary>
    CUBLASLT_EPILOGUE_DGELU = 192,

    /// <summary>x · GELU'(saved), and its sums along the rows.</summary>
    CUBLASLT_EPILOGUE_DGELU_BGRAD = 208,

    /// <summary>The product, and the sums of A.</summary>
    CUBLASLT_EPILOGUE_BGRADA = 256,

    /// <summary>The product, and the sums of B.</summary>
    CUBLASLT_EPILOGUE_BGRADB = 512,
}
