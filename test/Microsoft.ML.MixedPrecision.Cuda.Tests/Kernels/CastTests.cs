using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Conversions between formats.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class CastTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Pairs
        => from source in Enum.GetValues<NumericFormat>()
           from target in Enum.GetValues<NumericFormat>()
           select new object[] { source, target };

    [TestMethod]
    [DynamicData(nameof(Pairs))]
    public void Run_EveryShape_HasTheCpusBits(NumericFormat source, NumericFormat target)
    {
        foreach ((int rows, int columns) in Shapes)
        {
            using TestTensor x = Awkward(source, rows, columns, 1),
            expected = new(target, rows, columns),
            actual = new(target, rows, columns, 2);
            using CudaTensor cudaX = Upload(x), y = Upload(actual);
            CastKernel.Run(Cpu, x, expected);
            CastKernel.Run(Device, cudaX, y);
            AssertSameBits(expected, y.Download(), $"{source} to {target} ({rows}, {columns})");
        }
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16)]
    [DataRow(NumericFormat.BFloat16)]
    public void Run_AroundEveryValueOfAFormat_RoundsToNearestEven(NumericFormat format)
    {
        // Each value, the middle to its neighbour, and one Float32 to either side of the middle.
        const int Values = 0x8000;
        using var x = new TestTensor(NumericFormat.Float32, 4, Values);
        for (int bits = 0; bits < Values; bits++)
        {
            float value = FormatConversion.FromBits(format, (ushort)bits);
            float next = FormatConversion.FromBits(format, (ushort)Math.Min(bits + 1, Values - 1));
            float middle = float.IsFinite(next) ? (float)(((double)value + next) / 2) : value;
            x[0, bits] = value;
            x[1, bits] = middle;
            x[2, bits] = MathF.BitDecrement(middle);
            x[3, bits] = -MathF.BitIncrement(middle);
        }
        using var y = new TestTensor(format, 4, Values);
        using CudaTensor cudaX = Upload(x), cudaY = Upload(y);
        CastKernel.Run(Device, cudaX, cudaY);
        cudaY.Download();
        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < Values; column++)
            {
                Assert.AreEqual(ReferenceRounding.Round(format, x[row, column]), y[row, column], $"{x[row, column]:R}");
            }
        }
    }

    [TestMethod]
    [DataRow(NumericFormat.Float16, 65519.996, 65504)]
    [DataRow(NumericFormat.Float16, 65520, double.PositiveInfinity)]
    [DataRow(NumericFormat.Float16, -65520, double.NegativeInfinity)]
    [DataRow(NumericFormat.Float16, 2.98023224e-8, 0)]
    [DataRow(NumericFormat.Float16, 2.98023259e-8, 5.9604644775390625e-8)]
    [DataRow(NumericFormat.BFloat16, 3.4028234663852886e38, double.PositiveInfinity)]
    [DataRow(NumericFormat.BFloat16, 3.3895313892515355e38, 3.3895313892515355e38)]
    [DataRow(NumericFormat.BFloat16, 9.2e-41, 9.183549615799121e-41)]
    [DataRow(NumericFormat.TensorFloat32, 1.00048828125, 1)]
    [DataRow(NumericFormat.TensorFloat32, 1.00146484375, 1.001953125)]
    [DataRow(NumericFormat.Float16, double.NaN, double.NaN)]
    public void Run_Boundary_IsRoundedAsTheTableSays(NumericFormat format, double value, double expected)
    {
        using TestTensor x = TestTensor.Of(NumericFormat.Float32, 1, 9, (_, _) => value), y = new(format, 1, 9);
        using CudaTensor cudaX = Upload(x), cudaY = Upload(y);
        CastKernel.Run(Device, cudaX, cudaY);
        cudaY.Download();
        for (int column = 0; column < 9; column++)
        {
            Assert.AreEqual(expected, y[0, column], $"column {column}");
        }
    }
}
