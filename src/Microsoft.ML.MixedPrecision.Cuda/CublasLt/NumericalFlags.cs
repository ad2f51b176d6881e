namespace Microsoft.ML.MixedPrecision.Cuda.CublasLt;

/// <summary>How an algorithm really computes: instructions, sums, operands.</summary>
/// <remarks>
/// cublasLtNumericalImplFlags_t: https://docs.nvidia.com/cuda/cublas/index.html#cublasltnumericalimplflags-t. What the library says is not
/// always exact: cuBLASLt 13.1 on Hopper says Float16 of algorithms for both 16-bit formats, and FusedMultiplyAdd of one that does 400
/// TFLOP/s
/// in TensorFloat32, which ordinary instructions cannot.
/// </remarks>
[Flags]
internal enum NumericalFlags : ulong
{
    /// <summary>Ordinary fused multiply-add instructions.</summary>
    FusedMultiplyAdd = 0x01,

    /// <summary>Tensor Cores on 16-bit or TensorFloat32 operands (HMMA).</summary>
    TensorCore = 0x02,

    /// <summary>Sums in Float16.</summary>
    SumFloat16 = 0x01 << 8,

    /// <summary>Sums in Float32.</summary>
    SumFloat32 = 0x02 << 8,

    /// <summary>Operands in Float16.</summary>
    InputFloat16 = 0x01 << 16,

    /// <summary>Operands in BFloat16.</summary>
    InputBFloat16 = 0x02 << 16,

    /// <summary>Operands in either 16-bit format.</summary>
    Input16Bit = InputFloat16 | InputBFloat16,

    /// <summary>Operands in TensorFloat32.</summary>
    InputTensorFloat32 = 0x04 << 16,

    /// <summary>Operands in Float32.</summary>
    InputFloat32 = 0x08 << 16,
}
