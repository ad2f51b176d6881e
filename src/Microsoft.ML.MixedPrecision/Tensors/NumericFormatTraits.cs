using Microsoft.ML.MixedPrecision.Cuda.CublasLt;

namespace Microsoft.ML.MixedPrecision.Tensors;

/// <summary>The table of formats: sizes, limits and names of each <see cref="NumericFormat"/>. What is not in it throws.</summary>
/// <remarks>A new format is a row here, its size in the two switches below, and its arithmetic in
/// <see cref="Simd.FormatLanes{TLanes, TVector}"/> and common.cuh.</remarks>
internal static class NumericFormatTraits
{
    private static readonly NumericFormatRow[] Rows =
    [
        new()
        {
            Format = NumericFormat.Float32,
            MaxFinite = float.MaxValue,
            MinNormal = 1.17549435e-38f,
            LeastCapability = 0,
            KernelType = "float",
            MatrixType = cudaDataType_t.CUDA_R_32F,
            ComputeType = cublasComputeType_t.CUBLAS_COMPUTE_32F,
        },
        new()
        {
            // Only a policy that asks for it multiplies so; Float32 is IEEE.
            Format = NumericFormat.TensorFloat32,
            MaxFinite = BitConverter.UInt32BitsToSingle(0x7F7FE000),
            MinNormal = 1.17549435e-38f,
            LeastCapability = 80,
            KernelType = "tensorfloat32",
            MatrixType = cudaDataType_t.CUDA_R_32F,
            ComputeType = cublasComputeType_t.CUBLAS_COMPUTE_32F_FAST_TF32,
        },
        new()
        {
            Format = NumericFormat.Float16,
            MaxFinite = 65504f,
            MinNormal = 6.103515625e-5f,
            LeastCapability = 0,
            KernelType = "float16",
            MatrixType = cudaDataType_t.CUDA_R_16F,
            ComputeType = cublasComputeType_t.CUBLAS_COMPUTE_32F,
        },
        new()
        {
            Format = NumericFormat.BFloat16,
            MaxFinite = BitConverter.UInt32BitsToSingle(0x7F7F0000),
            MinNormal = 1.17549435e-38f,
            LeastCapability = 80,
            KernelType = "bfloat16",
            MatrixType = cudaDataType_t.CUDA_R_16BF,
            ComputeType = cublasComputeType_t.CUBLAS_COMPUTE_32F,
        },
    ];

    /// <summary>A format's row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has none.</exception>
    public static ref readonly NumericFormatRow Traits(this NumericFormat format)
    {
        if ((uint)format >= (uint)Rows.Length)
        {
            throw UnknownValue.Of(format);
        }

        return ref Rows[(int)format];
    }

    /// <summary>Bytes that one stored element takes.</summary>
    /// <remarks>
    /// Kernels ask this, and <see cref="Storage"/>, for each row of a matrix, inside methods whose vector operations must all be inlined.
    /// They
    /// are no columns of the table but switches: with look-ups an activation of rows of 16 columns took 1.3 to 4 times as long.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The format is not known.</exception>
    public static int BytesPerElement(this NumericFormat format) => format switch
    {
        NumericFormat.Float32 or NumericFormat.TensorFloat32 => sizeof(float),
        NumericFormat.Float16 or NumericFormat.BFloat16 => sizeof(ushort),
        _ => throw UnknownValue.Of(format),
    };

    /// <summary>Whether elements are stored in 16 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is not known.</exception>
    public static bool Is16Bit(this NumericFormat format) => format.BytesPerElement() == sizeof(ushort);

    /// <summary>How elements of this format lie in memory: TensorFloat32 operands are ordinary Float32 words.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is not known.</exception>
    public static NumericFormat Storage(this NumericFormat format) => format switch
    {
        NumericFormat.TensorFloat32 => NumericFormat.Float32,
        NumericFormat.Float32 or NumericFormat.Float16 or NumericFormat.BFloat16 => format,
        _ => throw UnknownValue.Of(format),
    };

    /// <summary>The largest finite value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is not known.</exception>
    public static float MaxFinite(this NumericFormat format) => format.Traits().MaxFinite;

    /// <summary>The smallest positive normal value: below it relative precision is lost.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is not known.</exception>
    public static float MinNormal(this NumericFormat format) => format.Traits().MinNormal;
}
