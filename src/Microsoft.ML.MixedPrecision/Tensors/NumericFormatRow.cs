using Microsoft.ML.MixedPrecision.Cuda.CublasLt;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>What differs between formats and is no arithmetic, besides the size of an element: a row of the table in
/// <see cref="NumericFormatTraits"/>.</summary>
internal readonly record struct NumericFormatRow
{
    /// <summary>Which format; its number is the row's.</summary>
    public required NumericFormat Format { get; init; }

    /// <summary>The largest finite value.</summary>
    public required float MaxFinite { get; init; }

    /// <summary>The smallest positive normal value.</summary>
    public required float MinNormal { get; init; }

    /// <summary>The lowest compute capability, times 10, of a card that multiplies it; 0 for every card.</summary>
    public required int LeastCapability { get; init; }

    /// <summary>The type in the kernels' sources (common.cuh).</summary>
    public required string KernelType { get; init; }

    /// <summary>The type of a matrix for cuBLASLt.</summary>
    public required cudaDataType_t MatrixType { get; init; }

    /// <summary>How cuBLASLt multiplies operands of it.</summary>
    public required cublasComputeType_t ComputeType { get; init; }
}
