namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>How the parts of a product that is split along the inner dimension are added. A set of bits.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltreductionscheme-t</remarks>
[Flags]
internal enum cublasLtReductionScheme_t
{
    /// <summary>Not split: one sum in a fixed order.</summary>
    CUBLASLT_REDUCTION_SCHEME_NONE = 0,

    /// <summary>In place, by whichever part comes when: the order, and so the bits, vary.</summary>
    CUBLASLT_REDUCTION_SCHEME_INPLACE = 1,

    /// <summary>In the workspace, in the type that sums are kept in.</summary>
    CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE = 2,

    /// <summary>In the workspace, in the result's type: rounded more than once.</summary>
    CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE = 4,
}
