using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Sums of the gradients of a value that several operations read.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class GradientSumTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Cases
        => from y in StorageFormats from count in new[] { 1, 3, 4, GradientSum.Most } select new object[] { y, count };

    /// <summary>Matrices of all formats, one after the other.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_EveryShape_HasTheCpusBits(NumericFormat formatY, int count)
    {
        foreach ((int rows, int columns) in Shapes)
        {
            TestTensor[] x = [.. Enumerable.Range(0, count)
                .Select(i => Awkward(StorageFormats[i % StorageFormats.Length], rows, columns, i))];
            CudaTensor[] onCard = [.. x.Select(Upload)];
            using TestTensor expected = new(formatY, rows, columns), actual = new(formatY, rows, columns, 2);
            using CudaTensor y = Upload(actual);
            GradientSum.Run(Cpu, [.. x.Select(tensor => (Tensor)tensor)], expected);
            GradientSum.Run(Device, [.. onCard.Select(tensor => (Tensor)tensor)], y);
            AssertSameBits(expected, y.Download(), $"{count} matrices to {formatY} ({rows}, {columns})");
            Array.ForEach(x, tensor => tensor.Dispose());
            Array.ForEach(onCard, tensor => tensor.Dispose());
        }
    }
}
