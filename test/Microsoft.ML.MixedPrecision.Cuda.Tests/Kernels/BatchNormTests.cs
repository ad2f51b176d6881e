using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Ops;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Batch normalisation against the formulas and, since sums have the same order, the CPU's bits.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class BatchNormTests : CudaDeviceTest
{
    public static IEnumerable<object[]> Formats => StorageFormats.Select(format => new object[] { format });

    /// <summary>Around a block of 32 rows, a vector of 8 columns and the 512 columns of a block of threads; many blocks of rows.</summary>
    private static (int Rows, int Columns)[] AllShapes =>
    [
        .. Shapes, (31, 8), (32, 16), (33, 17), (64, 511), (65, 512), (66, 513), (5000, 3), (4096, 64), (7, 3000),
    ];

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void ForwardAndBackward_EveryShape_HaveTheCpusBits(NumericFormat format)
    {
        foreach ((int rows, int columns) in AllShapes)
        {
            foreach (bool isFirst in new[] { true, false })
            {
                using BatchNormCase expected = new(format, rows, columns, extraPitch: 1, isFirst: isFirst), actual = new(
                    format,
                    rows,
                    columns,
                    extraPitch: 1,
                    isFirst: isFirst);
                using var cuda = new CudaBatchNormCase(Device, actual);
                BatchNormKernel.Forward(Cpu, expected.Arguments, expected.Running);
                BatchNormKernel.Backward(Cpu, expected.Arguments, expected.Gradients);
                BatchNormKernel.Forward(Device, cuda.Arguments, cuda.Running);
                BatchNormKernel.Backward(Device, cuda.Arguments, cuda.Gradients);
                AssertSame(expected, actual, cuda, $"{format} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    public void ForwardAndBackward_EachPairOfFormats_HaveTheCpusBits()
    {
        foreach (NumericFormat from in StorageFormats)
        {
            foreach (NumericFormat to in StorageFormats)
            {
                using BatchNormCase expected = new(from, 70, 21), actual = new(from, 70, 21);
                using var cuda = new CudaBatchNormCase(Device, actual);
                using TestTensor y = new(to, 70, 21),
                cudaY = new(to, 70, 21),
                dy = TestTensor.Random(to, 70, 21, 8),
                dx = new(to, 70, 21),
                cudaDx = new(to, 70, 21);
                using CudaTensor yOnCard = Upload(cudaY), dyOnCard = Upload(dy), dxOnCard = Upload(cudaDx);
                BatchNormKernel.Forward(Cpu, expected.Arguments with { Y = y }, expected.Running);
                BatchNormKernel.Backward(Cpu, expected.Arguments, expected.Gradients with { Dy = dy, Dx = dx, Accumulate = true });
                BatchNormKernel.Forward(Device, cuda.Arguments with { Y = yOnCard }, cuda.Running);
                BatchNormKernel.Backward(Device, cuda.Arguments, cuda.Gradients with { Dy = dyOnCard, Dx = dxOnCard, Accumulate = true });
                AssertSameBits(y, yOnCard.Download(), $"y, {from} to {to}");
                AssertSameBits(dx, dxOnCard.Download(), $"dx, {from} to {to}");
                AssertSame(expected, actual, cuda, $"{from} to {to}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Forward_NothingStaged_HasTheCpusBits(NumericFormat format)
    {
        foreach ((int rows, int columns) in AllShapes)
        {
            using BatchNormCase expected = new(format, rows, columns), actual = new(format, rows, columns);
            using var cuda = new CudaBatchNormCase(Device, actual);
            BatchNormKernel.Forward(Cpu, expected.Arguments, Scoring(expected.Running));
            BatchNormKernel.Forward(Device, cuda.Arguments, Scoring(cuda.Running));
            AssertSame(expected, actual, cuda, $"{format} ({rows}, {columns})");
        }
    }

    [TestMethod]
    public void Forward_LargeOffsetsAndConstants_AreTheFormula()
    {
        using var norm = new BatchNormCase(
            NumericFormat.Float32,
            1000,
            40,
            value: (row, column) => column < 20 ? 12345.678 * column : (1e5 * column) + Math.Sin(row));
        using var cuda = new CudaBatchNormCase(Device, norm);
        BatchNormKernel.Forward(Device, cuda.Arguments, cuda.Running);
        cuda.Download();
        for (int column = 0; column < 40; column++)
        {
            double[] expected = norm.Expected(column);
            for (int row = 0; row < 1000; row++)
            {
                Tolerance.AssertClose(
                    column < 20 ? norm.Shift[0, column] : expected[row],
                    norm.Y[row, column],
                    column < 20 ? 0 : 1e-5,
                    0,
                    $"({row}, {column})");
            }
        }
    }

    [TestMethod]
    public void ForwardAndBackward_NotFiniteElement_SpoilsItsColumnAlone()
    {
        using BatchNormCase expected = Poisoned(), actual = Poisoned();
        using var cuda = new CudaBatchNormCase(Device, actual);
        BatchNormKernel.Forward(Cpu, expected.Arguments, expected.Running);
        BatchNormKernel.Backward(Cpu, expected.Arguments, expected.Gradients);
        BatchNormKernel.Forward(Device, cuda.Arguments, cuda.Running);
        BatchNormKernel.Backward(Device, cuda.Arguments, cuda.Gradients);
        AssertSame(expected, actual, cuda, "NaN and infinity");
        Assert.IsTrue(double.IsNaN(actual.Y[0, 9]) && double.IsFinite(actual.Y[0, 10]));

        static BatchNormCase Poisoned() => new(
            NumericFormat.Float32,
            70,
            20,
            value: (row, column) => (row, column) switch
            {
                (40, 9) => double.NaN,
                (3, 17) => double.PositiveInfinity,
                _ => Math.Sin(row + column),
            });
    }

    private static BatchNormRunning Scoring(in BatchNormRunning running)
        => new(running.Mean with { Staged = default }, running.Variance with { Staged = default }, 0);

    private static void AssertSame(BatchNormCase expected, BatchNormCase actual, CudaBatchNormCase cuda, string what)
    {
        cuda.Download();
        for (int i = 0; i < expected.All.Length; i++)
        {
            AssertSameBits(expected.All[i], actual.All[i], $"{what}, tensor {i}");
        }
    }
}
