using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Cuda.CublasLt;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.CublasLt;

/// <summary>A format in which products are computed here, with its rounding in plain C#.</summary>
internal sealed record ProductCase(string Name, cublasComputeType_t Compute, cudaDataType_t Type, NumericalFlags Input, bool TensorCore)
{
    /// <summary>Relative distance of neighbours, 2^-mantissa bits, of what is stored.</summary>
    public double Epsilon
        => Type switch { cudaDataType_t.CUDA_R_16F => 1.0 / 1024, cudaDataType_t.CUDA_R_16BF => 1.0 / 128, _ => Math.ScaleB(1, -23) };

    /// <summary>Relative distance of neighbours among operands, as the product reads them.</summary>
    public double OperandEpsilon => Input == NumericalFlags.InputTensorFloat32 ? 1.0 / 1024 : 0;

    public int ElementBytes => Type == cudaDataType_t.CUDA_R_32F ? 4 : 2;

    /// <summary>All of them.</summary>
    public static IEnumerable<object[]> All =>
    [
        [new ProductCase("FP32", cublasComputeType_t.CUBLAS_COMPUTE_32F, cudaDataType_t.CUDA_R_32F, NumericalFlags.InputFloat32, false)],
        [new ProductCase(
            "TF32",
            cublasComputeType_t.CUBLAS_COMPUTE_32F_FAST_TF32,
            cudaDataType_t.CUDA_R_32F,
            NumericalFlags.InputTensorFloat32,
            true)],
        [new ProductCase("FP16", cublasComputeType_t.CUBLAS_COMPUTE_32F, cudaDataType_t.CUDA_R_16F, NumericalFlags.Input16Bit, true)],
        [new ProductCase("BF16", cublasComputeType_t.CUBLAS_COMPUTE_32F, cudaDataType_t.CUDA_R_16BF, NumericalFlags.Input16Bit, true)],
    ];

    /// <summary>Bytes of values, rounded to the format.</summary>
    public byte[] Encode(float[] values) => Type switch
    {
        cudaDataType_t.CUDA_R_16F => MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (Half)value).AsSpan()).ToArray(),
        cudaDataType_t.CUDA_R_16BF => MemoryMarshal.AsBytes(Array.ConvertAll(values, ToBFloat16).AsSpan()).ToArray(),
        _ => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
    };

    /// <summary>Values of bytes.</summary>
    public float[] Decode(byte[] bytes) => Type switch
    {
        cudaDataType_t.CUDA_R_16F => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), value => (float)value),
        cudaDataType_t.CUDA_R_16BF => Array.ConvertAll(
            MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(),
            bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)),
        _ => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
    };

    public override string ToString() => Name;

    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
