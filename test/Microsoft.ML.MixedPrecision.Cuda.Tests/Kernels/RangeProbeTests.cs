using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>The largest value and the counts of a matrix against a plain loop over it: whole numbers, so equal.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class RangeProbeTests : CudaDeviceTest
{
    private static readonly double Smallest = Math.ScaleB(1, -14);

    public static IEnumerable<object[]> Formats => StorageFormats.Select(format => new object[] { format });

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Run_NumbersOfEveryKindInEveryShape_CountsThem(NumericFormat format)
    {
        // The last has more vectors than threads are launched.
        foreach ((int rows, int columns) in ((int, int)[])[.. Shapes, (1, 2049), (3000, 1001)])
        {
            using TestTensor x = Awkward(format, rows, columns, rows + columns);
            AssertTotals(Expected(x), Probe(x), $"{format} ({rows}, {columns})");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Run_FiniteNumbers_FindsTheLargest(NumericFormat format)
    {
        foreach (int at in new[] { 0, 7, 8, 500, 6498 })
        {
            using TestTensor x = TestTensor.Of(
                format,
                67,
                97,
                (row, column) => (row * 97) + column == at ? -3 : 1e-3 * ((row + column) % 7));
            RangeTotals totals = Probe(x);
            Assert.AreEqual(3f, totals.Largest, $"{format}, element {at}");
            AssertTotals(Expected(x), totals, $"{format}, element {at}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Run_AroundTheSmallestNormal_DrawsTheLineThere(NumericFormat format)
    {
        // Neighbours of 2⁻¹⁴ in each format, and its least number.
        double below = Smallest * (1 - format.Epsilon());
        double[] values = [Smallest, -Smallest, below, -below, 0, -0.0, format == NumericFormat.Float16 ? Math.ScaleB(1, -24) : 1e-40];
        using TestTensor x = TestTensor.Of(format, 1, values.Length, (_, column) => values[column]);
        RangeTotals totals = Probe(x);
        Assert.AreEqual((float)Smallest, totals.Largest);
        Assert.AreEqual(3L, totals.BelowNormal);
        Assert.AreEqual(2L, totals.Zeros);
        Assert.AreEqual(7L, totals.Count);
    }

    [TestMethod]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    [DataRow(double.NegativeInfinity)]
    public void Run_NotFinite_CountsAsInfinity(double value)
    {
        foreach (NumericFormat format in StorageFormats)
        {
            using TestTensor x = TestTensor.Of(format, 5, 9, (row, column) => row == 4 && column == 8 ? value : 1);
            RangeTotals totals = Probe(x);
            Assert.AreEqual(float.PositiveInfinity, totals.Largest, $"{format}");
            AssertTotals(Expected(x), totals, $"{format}");
        }
    }

    [TestMethod]
    public void Run_Again_Adds()
    {
        using TestTensor first = TestTensor.Of(
            NumericFormat.Float16,
            3,
            5,
            (row, column) => (row * 5) + column), second = TestTensor.Of(NumericFormat.BFloat16, 2, 7, (_, column) => column * 1e-6);
        using CudaTensor cudaFirst = Upload(first), cudaSecond = Upload(second);
        using DeviceMemory totals = Upload([default(RangeTotals)]);
        RangeProbeKernel.Run(Device, cudaFirst, totals.Address);
        RangeProbeKernel.Run(Device, cudaSecond, totals.Address);
        AssertTotals(new RangeTotals { Largest = 14, BelowNormal = 12, Zeros = 3, Count = 29 }, Download<RangeTotals>(totals)[0], "both");
    }

    [TestMethod]
    public void Run_PartOfAMatrix_SeesNothingElse()
    {
        // Columns 1 to 31 of 40: no vector is aligned, and larger numbers lie on both sides.
        foreach (NumericFormat format in StorageFormats)
        {
            using TestTensor x = TestTensor.Of(format, 6, 40, (_, column) => column is > 0 and < 32 ? column : 1000);
            using CudaTensor cuda = Upload(x);
            Tensor part = cuda.Value with { Address = cuda.Value.Address + format.BytesPerElement(), Columns = 31 };
            AssertTotals(new RangeTotals { Largest = 31, Count = 6 * 31 }, Probe(part), $"{format}");
        }
    }

    private static RangeTotals Expected(TestTensor x)
    {
        var totals = default(RangeTotals);
        for (int row = 0; row < x.Value.Rows; row++)
        {
            for (int column = 0; column < x.Value.Columns; column++)
            {
                double size = double.IsNaN(x[row, column]) ? double.PositiveInfinity : Math.Abs(x[row, column]);
                totals.Largest = Math.Max(totals.Largest, (float)size);
                totals.BelowNormal += size > 0 && size < Smallest ? 1 : 0;
                totals.Zeros += size == 0 ? 1 : 0;
                totals.Count++;
            }
        }

        return totals;
    }

    private static void AssertTotals(RangeTotals expected, RangeTotals actual, string what)
    {
        Assert.AreEqual(expected.Largest, actual.Largest, what);
        Assert.AreEqual(expected.BelowNormal, actual.BelowNormal, $"{what}: below Float16's normal numbers");
        Assert.AreEqual(expected.Zeros, actual.Zeros, $"{what}: zeros");
        Assert.AreEqual(expected.Count, actual.Count, $"{what}: all");
    }

    private RangeTotals Probe(TestTensor x)
    {
        using CudaTensor cuda = Upload(x);
        RangeTotals totals = Probe(cuda.Value);
        cuda.Download().AssertPaddingUntouched();
        return totals;
    }

    private RangeTotals Probe(Tensor x)
    {
        using DeviceMemory totals = Upload([default(RangeTotals)]);
        RangeProbeKernel.Run(Device, x, totals.Address);
        return Download<RangeTotals>(totals)[0];
    }
}
