using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The gradient of the largest step.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class PoolingTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Formats => StorageFormats.Select(format => new object[] { format });

    /// <summary>Steps of few different values, so that several are the largest; an example without steps, and rows of no example.</summary>
    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Backward_Largest_HasTheCpusBits(NumericFormat format)
    {
        const int Rows = 70, Columns = 261;
        int[] ends = [40, 40, 41, Rows - 3];
        using TestTensor x = TestTensor.Of(format, Rows, Columns, (row, column) => ((row * 7) + (column * 3)) % 5);
        using TestTensor dy = TestTensor.Random(format, ends.Length, Columns, seed: 3);
        using TestTensor expected = new(format, Rows, Columns), actual = TestTensor.Of(format, Rows, Columns, (_, _) => double.NaN);
        fixed (int* first = ends)
        {
            PoolingKernel.Backward(Cpu, Pooling.Max, x, dy, expected, new ExamplePlaces((nint)first, ends.Length, 40));
        }

        using CudaTensor cardX = Upload(x), cardDy = Upload(dy), cardDx = Upload(actual);
        using DeviceMemory cardEnds = Upload<int>(ends);
        PoolingKernel.Backward(Device, Pooling.Max, cardX, cardDy, cardDx, new ExamplePlaces(cardEnds.Address, ends.Length, 40));

        AssertSameBits(expected, cardDx.Download(), $"{format}");
    }
}
