using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

/// <summary>The table of formats: a row for each, the numbers of the formats' definitions, and nothing for what is no format.</summary>
[TestClass]
public sealed class NumericFormatTableTests
{
    public static IEnumerable<object[]> Formats => Enum.GetValues<NumericFormat>().Select(format => new object[] { format });

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Table_EveryFormat_HasItsRow(NumericFormat format)
    {
        NumericFormatRow row = format.Traits();

        Assert.AreEqual(format, row.Format);
        Assert.AreEqual(format.Storage(), format.Storage().Storage(), "what is stored is stored as itself");
        Assert.AreEqual(format.BytesPerElement(), format.Storage().BytesPerElement());
        Assert.AreNotEqual("", row.KernelType);
    }

    /// <summary>Largest = (2 − 2^-m)·2^e, smallest normal = 2^(1 − e), with m mantissa bits and the largest exponent e.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32, 4, 23, 127)]
    [DataRow(NumericFormat.TensorFloat32, 4, 10, 127)]
    [DataRow(NumericFormat.Float16, 2, 10, 15)]
    [DataRow(NumericFormat.BFloat16, 2, 7, 127)]
    public void Limits_EveryFormat_FollowFromItsBits(NumericFormat format, int bytes, int mantissa, int exponent)
    {
        Assert.AreEqual(bytes, format.BytesPerElement());
        Assert.AreEqual(bytes == 2, format.Is16Bit());
        Assert.AreEqual((2 - Math.ScaleB(1, -mantissa)) * Math.ScaleB(1, exponent), format.MaxFinite());
        Assert.AreEqual(Math.ScaleB(1, 1 - exponent), format.MinNormal());
    }

    [TestMethod]
    public void Products_EveryFormat_AreWhatNvidiaCallsThem()
    {
        Assert.AreEqual((cudaDataType_t.CUDA_R_32F, cublasComputeType_t.CUBLAS_COMPUTE_32F), Product(NumericFormat.Float32));
        Assert.AreEqual(
            (cudaDataType_t.CUDA_R_32F, cublasComputeType_t.CUBLAS_COMPUTE_32F_FAST_TF32),
            Product(NumericFormat.TensorFloat32));
        Assert.AreEqual((cudaDataType_t.CUDA_R_16F, cublasComputeType_t.CUBLAS_COMPUTE_32F), Product(NumericFormat.Float16));
        Assert.AreEqual((cudaDataType_t.CUDA_R_16BF, cublasComputeType_t.CUBLAS_COMPUTE_32F), Product(NumericFormat.BFloat16));
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(4)]
    [DataRow(99)]
    public void Traits_UnknownFormat_Throws(int number)
    {
        var format = (NumericFormat)number;
        Func<object>[] questions =
        [
            ()
                => format.BytesPerElement(),
                () => format.Is16Bit(),
                () => format.Storage(),
                () => format.MaxFinite(),
                () => format.MinNormal(),
            () => Tensor.PitchOf(3, format), () => new KernelVariant("a.cu", "a", format).Definitions(["T_X"]),
        ];
        foreach (Func<object> question in questions)
        {
            ArgumentOutOfRangeException error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => question());
            StringAssert.Contains(
                error.Message,
                $"{number} is no NumericFormat; use Float32, TensorFloat32, Float16, BFloat16.",
                StringComparison.Ordinal);
        }
    }

    private static (cudaDataType_t Matrix, cublasComputeType_t Compute) Product(NumericFormat format)
        => (format.Traits().MatrixType, format.Traits().ComputeType);
}
