using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

/// <summary>The kernels of a batch normalisation against the formulas in double precision.</summary>
[TestClass]
internal sealed class BatchNormTests
{
    /// <summary>Around the chunk of 64 columns, and around the block of 32 rows.</summary>
    private static readonly int[] Widths = [1, 2, 7, 8, 9, 16, 17, 33, 63, 64, 65, 130];

    private static readonly int[] Heights = [2, 3, 31, 32, 33, 64, 65, 200];

    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_ManyShapes_MatchesTheFormulaAndRoundsOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach ((int rows, int columns) in Widths.Select(width => (33, width)).Concat(Heights.Select(height => (height, 9))))
        {
            using var norm = new BatchNormCase(format, rows, columns, extraPitch: 1);
            using var y = new TestTensor(NumericFormat.Float32, rows, columns, extraPitch: 2);
            BatchNormKernel.Forward(device, norm.Arguments with { Y = y }, norm.Running);
            BatchNormKernel.Forward(device, norm.Arguments, norm.Running);

            y.AssertPaddingUntouched();
            foreach (TestTensor tensor in norm.All)
            {
                tensor.AssertPaddingUntouched();
            }

            for (int column = 0; column < columns; column++)
            {
                double[] expected = norm.Expected(column);
                for (int row = 0; row < rows; row++)
                {
                    Tolerance.AssertClose(expected[row], y[row, column], 2e-6, 2e-6, $"({rows}, {columns}) at ({row}, {column})");
                    Assert.AreEqual(ReferenceRounding.Round(format, y[row, column]), norm.Y[row, column], "rounded once");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Backward_ManyShapes_MatchesTheFormulaAndRoundsOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach ((int rows, int columns) in Widths.Select(width => (33, width)).Concat(Heights.Select(height => (height, 9))))
        {
            using var norm = new BatchNormCase(format, rows, columns, extraPitch: 1);
            using var dx = new TestTensor(NumericFormat.Float32, rows, columns, extraPitch: 2);
            BatchNormKernel.Forward(device, norm.Arguments, norm.Running);
            BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients with { Dx = dx });
            BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients);

            dx.AssertPaddingUntouched();
            foreach (TestTensor tensor in norm.All)
            {
                tensor.AssertPaddingUntouched();
            }

            for (int column = 0; column < columns; column++)
            {
                var expected = norm.ExpectedGradients(column);
                Tolerance.AssertClose(expected.DScale, norm.DScale[0, column], 2e-5, 1e-5, $"({rows}, {columns}), dscale {column}");
                Tolerance.AssertClose(expected.DShift, norm.DShift[0, column], 2e-5, 1e-5, $"({rows}, {columns}), dshift {column}");
                // Two rows have x̂ = ±1, whose gradients cancel: what is left is the rounding of r·dy.
                double size = norm.Scale[0, column] / Math.Sqrt(norm.Of(column).Variance + 1e-5);
                for (int row = 0; row < rows; row++)
                {
                    Tolerance.AssertClose(expected.Dx[row], dx[row, column], 1e-6 * Math.Max(1, size), 1e-5,
                        $"({rows}, {columns}), dx ({row}, {column})");
                    Assert.AreEqual(ReferenceRounding.Round(format, dx[row, column]), norm.Dx[row, column], "rounded once");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Backward_AddingOrParametersAlone_GivesWhatItIsAskedFor(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        using var norm = new BatchNormCase(NumericFormat.Float32, 40, 70);
        BatchNormKernel.Forward(device, norm.Arguments, norm.Running);
        BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients with { Dx = default, Accumulate = true });

        Assert.IsTrue(Enumerable.Range(0, 70).All(column => norm.Dx[3, column] == 0), "dx was not asked for");
        for (int column = 0; column < 70; column++)
        {
            var expected = norm.ExpectedGradients(column);
            Tolerance.AssertClose(7 + expected.DScale, norm.DScale[0, column], 2e-5, 1e-5, $"dscale {column}");
            Tolerance.AssertClose(7 + expected.DShift, norm.DShift[0, column], 2e-5, 1e-5, $"dshift {column}");
        }

        double kept = norm.DScale[0, 5];
        BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients with { DScale = default, DShift = default });
        Assert.AreEqual(kept, norm.DScale[0, 5], "the parameters' gradients were not asked for");
        Tolerance.AssertClose(norm.ExpectedGradients(5).Dx[3], norm.Dx[3, 5], 1e-5, 1e-5, "dx");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Forward_AnyRows_StagesATenthOfTheBatch(bool isFirst)
    {
        using var device = new CpuDevice(2);
        foreach (int rows in Heights)
        {
            using var norm = new BatchNormCase(NumericFormat.Float32, rows, 70, isFirst: isFirst);
            double[][] before = [.. new[] { norm.Mean, norm.Variance }.Select(state => Row(isFirst ? state.Committed : state.Staged))];
            uint[][] committed = [norm.Mean.Committed.Bits(), norm.Variance.Committed.Bits()];
            BatchNormKernel.Forward(device, norm.Arguments, norm.Running);

            for (int column = 0; column < 70; column++)
            {
                (double mean, double variance) = norm.Of(column);
                Tolerance.AssertClose(
                    (0.9 * before[0][column]) + (0.1 * mean),
                    norm.Mean.Staged[0, column],
                    2e-7,
                    2e-7,
                    $"{rows} rows, mean {column}");
                Tolerance.AssertClose(
                    (0.9 * before[1][column]) + (0.1 * variance * rows / (rows - 1)),
                    norm.Variance.Staged[0, column],
                    2e-7,
                    4e-7,
                    $"{rows} rows, variance {column}");
            }

            CollectionAssert.AreEqual(committed[0], norm.Mean.Committed.Bits());
            CollectionAssert.AreEqual(committed[1], norm.Variance.Committed.Bits());
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Forward_OneRow_IsExactlyTheShiftAndLeavesTheRunningStatistics(bool isFirst)
    {
        using var device = new CpuDevice(1);
        using var norm = new BatchNormCase(NumericFormat.Float32, 1, 70, value: (_, column) => 1000.1 * column, isFirst: isFirst);
        uint[] mean = (isFirst ? norm.Mean.Committed : norm.Mean.Staged)
            .Bits(), variance = (isFirst ? norm.Variance.Committed : norm.Variance.Staged)
            .Bits();
        BatchNormKernel.Forward(device, norm.Arguments, norm.Running);
        BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients);

        CollectionAssert.AreEqual(norm.Shift.Bits(), norm.Y.Bits());
        CollectionAssert.AreEqual(mean, norm.Mean.Staged.Bits());
        CollectionAssert.AreEqual(variance, norm.Variance.Staged.Bits());
        Assert.IsTrue(Row(norm.Dx).All(value => value == 0) && Row(norm.DScale).All(value => value == 0));
        CollectionAssert.AreEqual(norm.Dy.Bits(), norm.DShift.Bits());
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_ConstantColumn_IsExactlyTheShift(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(1, path);
        foreach (int rows in new[] { 2, 7, 33, 1000 })
        {
            double[] constants = [0, 0.1, -12345.678, 3, 1e-30];
            using var norm = new BatchNormCase(format, rows, constants.Length, value: (_, column) => constants[column]);
            using var y = new TestTensor(NumericFormat.Float32, rows, constants.Length);
            BatchNormKernel.Forward(device, norm.Arguments with { Y = y }, norm.Running);
            BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients);
            for (int column = 0; column < constants.Length; column++)
            {
                Assert.IsTrue(
                    Enumerable.Range(0, rows).All(row => y[row, column] == norm.Shift[0, column]),
                    $"{rows} rows, column {column}");
                Assert.AreEqual(0, norm.DScale[0, column]);
            }
        }
    }

    [TestMethod]
    public void Forward_LargeCommonOffset_CostsNoPrecision()
    {
        // x − 1e6 is exact in steps of 1/16, and so is what is left of it.
        var random = new Random(3);
        int[] steps = [.. Enumerable.Range(0, 500 * 9).Select(_ => random.Next(-32, 33))];
        using var device = new CpuDevice(1);
        using var near = new BatchNormCase(NumericFormat.Float32, 500, 9, value: (row, column) => steps[(row * 9) + column] / 16.0);
        using var far = new BatchNormCase(NumericFormat.Float32, 500, 9, value: (row, column) => 1e6 + (steps[(row * 9) + column] / 16.0));
        BatchNormKernel.Forward(device, near.Arguments, near.Running);
        BatchNormKernel.Forward(device, far.Arguments, far.Running);

        CollectionAssert.AreEqual(near.Y.Bits(), far.Y.Bits());
    }

    [TestMethod]
    public void Forward_FirstRowFarFromTheOthers_KeepsThePrecisionOfTheVariance()
    {
        using var device = new CpuDevice(1);
        using var norm = new BatchNormCase(
            NumericFormat.Float32,
            4000,
            3,
            value: (row, column) => row == 0 ? 1e5 : Math.Sin(row * (column + 1)));
        BatchNormKernel.Forward(device, norm.Arguments, norm.Running);
        for (int column = 0; column < 3; column++)
        {
            (double mean, double variance) = norm.Of(column);
            Tolerance.AssertClose(
                (0.9 * (1 + (column % 3))) + (0.1 * variance * 4000 / 3999),
                norm.Variance.Staged[0, column],
                0,
                2e-6,
                $"variance {column}");
            Tolerance.AssertClose(1 / Math.Sqrt(variance + 1e-5), norm.Statistics[2, column], 0, 2e-6, $"1/deviation {column}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void ForwardAndBackward_NotFiniteElement_SpoilsItsColumnAlone(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        foreach (double poison in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            using var norm = new BatchNormCase(
                NumericFormat.Float32,
                70,
                70,
                value: (row, column) => (row, column) == (40, 66) ? poison : Math.Sin(row + column));
            BatchNormKernel.Forward(device, norm.Arguments, norm.Running);
            BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients);
            for (int column = 0; column < 70; column++)
            {
                double[] found = [
                    norm.Y[3, column],
                    norm.Dx[3, column],
                    norm.DScale[0, column],
                    norm.Mean.Staged[0, column],
                    norm.Variance.Staged[0, column]];
                Assert.IsTrue(
                    column == 66
                        ? found[..3].Any(value => !double.IsFinite(value)) && found[3..].All(double.IsFinite)
                        : found.All(double.IsFinite),
                    $"{poison}, column {column}: {string.Join(' ', found)}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void ForwardAndBackward_AnyPathAndThreads_GiveSameBits(SimdPath path)
    {
        using var norm = new BatchNormCase(NumericFormat.Float16, 301, 333);
        using var one = new CpuDevice(1, SimdPath.Portable);
        uint[][] expected = Run(one);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads, path);
            uint[][] actual = Run(device);
            for (int i = 0; i < expected.Length; i++)
            {
                CollectionAssert.AreEqual(expected[i], actual[i], $"{threads} threads, result {i}");
            }
        }

        uint[][] Run(CpuDevice device)
        {
            BatchNormKernel.Forward(device, norm.Arguments, norm.Running);
            BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients);
            return [.. norm.All.Select(tensor => tensor.Bits())];
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_NothingStaged_NormalisesByTheRunningStatisticsARowAtATime(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        using var norm = new BatchNormCase(format, 97, 129);
        using TestTensor alone = new(format, 1, 129), y = new(NumericFormat.Float32, 97, 129);
        var running = new BatchNormRunning(new(norm.Mean.Committed, default), new(norm.Variance.Committed, default), 0);
        uint[] before = norm.Mean.Staged.Bits();
        BatchNormKernel.Forward(device, norm.Arguments, running);
        BatchNormKernel.Forward(device, norm.Arguments with { Y = y }, running);
        uint[] batch = norm.Y.Bits();
        foreach (int row in new[] { 0, 50, 96 })
        {
            BatchNormKernel.Forward(device, norm.Arguments with { X = norm.X.Rows(row, 1), Y = alone }, running);
            CollectionAssert.AreEqual(batch[(row * 129)..((row + 1) * 129)], alone.Bits());
            for (int column = 0; column < 129; column++)
            {
                double normalized = (norm.X[row, column] - norm.Mean.Committed[0, column]) / Math.Sqrt(
                    norm.Variance.Committed[0, column] + 1e-5);
                Tolerance.AssertClose(
                    (norm.Scale[0, column] * normalized) + norm.Shift[0, column],
                    y[row, column],
                    1e-6,
                    1e-6,
                    $"row {row}, column {column}");
                Assert.AreEqual(ReferenceRounding.Round(format, y[row, column]), norm.Y[row, column]);
            }
        }

        CollectionAssert.AreEqual(before, norm.Mean.Staged.Bits());
    }

    [TestMethod]
    public void ForwardAndBackward_OtherShapeOrFormat_AreRefused()
    {
        using var device = new CpuDevice(1);
        using var norm = new BatchNormCase(NumericFormat.Float32, 4, 5);
        using TestTensor wide = new(NumericFormat.Float32, 4, 6), half = new(NumericFormat.Float16, 1, 5);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Forward(device, norm.Arguments with { Y = wide }, norm.Running)).Message,
            "y is (4, 6); (4, 5) is needed",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Forward(device, norm.Arguments with { Scale = half }, norm.Running)).Message,
            "scale is Float16",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Forward(device, norm.Arguments, norm.Running with { Mean = new(wide, default) })).Message,
            "a running statistic is (4, 6)",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Forward(device, norm.Arguments with { Statistics = wide }, norm.Running)).Message,
            "statistics is (4, 6); (5, 5) is needed",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients with { Dy = wide })).Message,
            "dy is (4, 6)",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients with { Dx = wide })).Message,
            "dx is (4, 6)",
            StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(
                () => BatchNormKernel.Backward(device, norm.Arguments, norm.Gradients with { DShift = half })).Message,
            "dshift is Float16",
            StringComparison.Ordinal);
    }

    private static double[] Row(TestTensor tensor) => [.. Enumerable.Range(0, tensor.Value.Columns).Select(column => tensor[0, column])];
}
