using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>An algorithm with all its choices: 64 bytes that may be stored and used again with the same version of the library.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmulalgo-t</remarks>
[InlineArray(8)]
internal struct cublasLtMatmulAlgo_t
{
    private ulong _data;
}
