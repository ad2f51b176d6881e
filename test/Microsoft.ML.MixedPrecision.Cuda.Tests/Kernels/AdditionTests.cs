using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Sums of residual blocks.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class AdditionTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Formats
        => from a in StorageFormats from b in StorageFormats from y in StorageFormats select new object[] { a, b, y };

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Run_EveryShape_HasTheCpusBits(NumericFormat formatA, NumericFormat formatB, NumericFormat formatY)
    {
        foreach ((int rows, int columns) in Shapes)
        {
            using TestTensor a = Awkward(formatA, rows, columns, 1),
            b = Awkward(formatB, rows, columns, 2),
            expected = new(formatY, rows, columns),
            actual = new(formatY, rows, columns, 2);
            using CudaTensor cudaA = Upload(a), cudaB = Upload(b), y = Upload(actual);
            Addition.Run(Cpu, a, b, expected);
            Addition.Run(Device, cudaA, cudaB, y);
            AssertSameBits(expected, y.Download(), $"{formatA} + {formatB} to {formatY} ({rows}, {columns})");
        }
    }
}
