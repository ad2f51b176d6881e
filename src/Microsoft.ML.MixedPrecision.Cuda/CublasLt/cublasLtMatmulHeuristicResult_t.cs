using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>An algorithm that fits a product, and what it needs.</summary>
/// <remarks>https://docs.nvidia.com/cuda/cublas/index.html#cublasltmatmulheuristicresult-t</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct cublasLtMatmulHeuristicResult_t
{
    /// <summary>The algorithm.</summary>
    public cublasLtMatmulAlgo_t algo;

    /// <summary>Bytes of workspace that it needs.</summary>
    public nuint workspaceSize;

    /// <summary>Whether it can run; the other fields mean nothing where it cannot.</summary>
    public cublasStatus_t state;

    /// <summary>How often it fills the card: 1 is a full card, once.</summary>
    public float wavesCount;

    private readonly int _reserved0;
    private readonly int _reserved1;
    private readonly int _reserved2;
    private readonly int _reserved3;
}
