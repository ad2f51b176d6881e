using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Ops;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;

/// <summary>Layer normalisation against the formulas and against the CPU's.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class LayerNormTests : CudaDeviceTest
{
    /// <summary>Elements are of the order of 1 and pass some ten roundings of 6e-8 each, sums of a row and an activation within 4
    /// units.</summary>
    private const double Rounding = 1e-6;

    public static IEnumerable<object[]> Formats => StorageFormats.Select(format => new object[] { format });

    public static IEnumerable<object[]> Kinds => Enum.GetValues<ActivationKind>().Select(kind => new object[] { kind });

    /// <summary>
    /// Around one vector; one and two vectors a thread, full and not; wider than a block holds (from 8193 columns on, read again); more
    /// rows than
    /// blocks in each of these cases.
    /// </summary>
    private static (int Rows, int Columns)[] AllShapes =>
    [
        .. Shapes,
        (3, 1000),
        (2, 2048),
        (2, 2049),
        (3, 4096),
        (3, 4097),
        (2, 8192),
        (2, 8193),
        (2, 20000),
        (4300, 9),
        (300, 2049),
        (70, 8193),
    ];

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Forward_EveryShape_IsTheFormulaRoundedOnce(NumericFormat format)
    {
        foreach ((int rows, int columns) in AllShapes)
        {
            using var norm = new LayerNormCase(format, rows, columns, extraPitch: 1);
            using var cuda = new CudaLayerNormCase(Device, norm);
            using var wide = new TestTensor(NumericFormat.Float32, rows, columns, extraPitch: 1);
            using CudaTensor cudaWide = Upload(wide);
            cuda.Forward(cuda.Arguments(ActivationKind.GeluErf) with { Y = cudaWide });
            cuda.Forward(cuda.Arguments(ActivationKind.GeluErf));
            cudaWide.Download().AssertPaddingUntouched();
            cuda.Download();
            for (int row = 0; row < rows; row++)
            {
                AssertRow(norm.Expected(row, ActivationKind.GeluErf), wide, norm.Y, row, $"{format} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Formats))]
    public void Backward_EveryShape_IsTheFormulaRoundedOnce(NumericFormat format)
    {
        foreach ((int rows, int columns) in AllShapes)
        {
            using var norm = new LayerNormCase(format, rows, columns, extraPitch: 1);
            CheckBackward(norm, ActivationKind.GeluErf);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void ForwardAndBackward_EveryActivation_AreTheFormula(ActivationKind kind)
    {
        foreach ((int rows, int columns) in ((int, int)[])[(5, 9), (300, 40), (3, 2049), (2, 8193)])
        {
            using var norm = new LayerNormCase(NumericFormat.Float32, rows, columns);
            CheckBackward(norm, kind);
            for (int row = 0; row < rows; row++)
            {
                AssertRow(norm.Expected(row, kind), norm.Y, norm.Y, row, $"{kind} ({rows}, {columns})");
            }
        }
    }

    [TestMethod]
    public void ForwardAndBackward_EachPairOfFormats_AgreeWithTheCpu()
    {
        // Both round the same numbers to within their last bits; a result next to a boundary of rounding may fall to either side.
        foreach (NumericFormat from in StorageFormats)
        {
            foreach (NumericFormat to in StorageFormats)
            {
                using LayerNormCase expected = new(from, 33, 129), actual = new(from, 33, 129);
                using TestTensor expectedY = new(to, 33, 129), actualY = new(to, 33, 129), dy = TestTensor.Random(to, 33, 129, 3);
                using CudaTensor y = Upload(actualY), cudaDy = Upload(dy);
                using var cuda = new CudaLayerNormCase(Device, actual);
                LayerNormKernel.Forward(Cpu, expected.Arguments(ActivationKind.Silu) with { Y = expectedY });
                LayerNormKernel.Backward(Cpu, expected.Arguments(ActivationKind.Silu), expected.Gradients() with { Dy = dy });
                cuda.Forward(cuda.Arguments(ActivationKind.Silu) with { Y = y });
                cuda.Backward(cuda.Arguments(ActivationKind.Silu), cuda.Gradients() with { Dy = cudaDy });
                y.Download();
                cuda.Download();
                AssertClose(expectedY, actualY, Rounding, $"y, {from} to {to}");
                AssertClose(expected.Dx, actual.Dx, 4 * Rounding, $"dx, {from} to {to}");
                AssertClose(expected.DScale, actual.DScale, 33 * Rounding, $"dscale, {from} to {to}");
                AssertClose(expected.DShift, actual.DShift, 33 * Rounding, $"dshift, {from} to {to}");
            }
        }
    }

    /// <summary>Of rows whose variance is about ε; held in registers, and read again.</summary>
    [TestMethod]
    [DataRow(1e-12f, 1e-6)]
    [DataRow(1e-3f, 0.03)]
    public void ForwardAndBackward_SmallVariance_AgreeWithTheCpu(float epsilon, double deviation)
    {
        foreach (int columns in new[] { 37, 3000, 9000 })
        {
            using LayerNormCase expected = Narrow(columns), actual = Narrow(columns);
            using var cuda = new CudaLayerNormCase(Device, actual);
            LayerNormKernel.Forward(Cpu, expected.Arguments(ActivationKind.Silu));
            LayerNormKernel.Backward(Cpu, expected.Arguments(ActivationKind.Silu), expected.Gradients());
            cuda.Forward(cuda.Arguments(ActivationKind.Silu));
            cuda.Backward(cuda.Arguments(ActivationKind.Silu), cuda.Gradients());
            cuda.Download();
            AssertClose(expected.Y, actual.Y, Rounding, $"y of {columns} columns");
            for (int i = 0; i < 3 * columns; i++)
            {
                (int row, int column) = Math.DivRem(i, columns);
                Tolerance.AssertClose(expected.Dx[row, column], actual.Dx[row, column], 1e-5 / Math.Sqrt(epsilon), 1e-5,
                    $"dx of {columns} columns, {row}, {column}");
            }
        }

        LayerNormCase Narrow(int columns) => new(
            NumericFormat.Float32, 3, columns, value: (row, column) => (row - 1 + Math.Sin((5 * row) + (7 * column))) * deviation)
        {
            Epsilon = epsilon,
        };
    }

    [TestMethod]
    public void Forward_OfEachRow_KeepsItsStatistics()
    {
        foreach (int columns in new[] { 5, 300, 3000, 9000 })
        {
            using LayerNormCase expected = new(NumericFormat.Float32, 5, columns, value: Offset), actual = new(
                NumericFormat.Float32,
                5,
                columns,
                value: Offset);
            using var cuda = new CudaLayerNormCase(Device, actual);
            LayerNormKernel.Forward(Cpu, expected.Arguments(ActivationKind.None));
            cuda.Forward(cuda.Arguments(ActivationKind.None));
            cuda.Download();
            for (int row = 0; row < 5; row++)
            {
                // µ₀ may differ by the rounding of a sum of 1000s; with δ it is the mean as exactly as Float32 differences are.
                Tolerance.AssertClose(
                    expected.Statistics[row, 0],
                    actual.Statistics[row, 0],
                    0,
                    1e-6,
                    $"{columns} columns, µ₀ of row {row}");
                double mean = expected.Statistics[row, 0] + expected.Statistics[row, 1];
                Tolerance.AssertClose(
                    mean,
                    actual.Statistics[row, 0] + actual.Statistics[row, 1],
                    1e-7,
                    0,
                    $"{columns} columns, µ of row {row}");
                Tolerance.AssertClose(
                    expected.Statistics[row, 2],
                    actual.Statistics[row, 2],
                    0,
                    Rounding,
                    $"{columns} columns, r of row {row}");
            }
        }

        static double Offset(int row, int column) => 1000 + ((((row + 5) * column * 31 % 41) - 20) / 1024.0);
    }

    [TestMethod]
    public void ForwardAndBackward_Again_GiveTheSameBits()
    {
        foreach ((int rows, int columns) in ((int, int)[])[(700, 65), (300, 3000), (70, 9000)])
        {
            using var norm = new LayerNormCase(NumericFormat.Float16, rows, columns);
            uint[][] first = Run(norm), second = Run(norm);
            for (int i = 0; i < first.Length; i++)
            {
                CollectionAssert.AreEqual(first[i], second[i], $"({rows}, {columns}), result {i}");
            }
        }

        uint[][] Run(LayerNormCase norm)
        {
            using var cuda = new CudaLayerNormCase(Device, norm);
            cuda.Forward(cuda.Arguments(ActivationKind.Gelu));
            cuda.Backward(cuda.Arguments(ActivationKind.Gelu), cuda.Gradients());
            cuda.Download();
            return [norm.Y.Bits(), norm.Statistics.Bits(), norm.Dx.Bits(), norm.DScale.Bits(), norm.DShift.Bits()];
        }
    }

    [TestMethod]
    public void ForwardAndBackward_RowAlone_HaveTheBitsTheyHaveInABatch()
    {
        foreach ((int rows, int columns) in ((int, int)[])[(2100, 129), (300, 2500), (70, 8500)])
        {
            using var norm = new LayerNormCase(NumericFormat.Float32, rows, columns);
            using var cuda = new CudaLayerNormCase(Device, norm);
            LayerNormArguments all = cuda.Arguments(ActivationKind.Silu);
            LayerNormGradients gradients = cuda.Gradients() with { DScale = default, DShift = default };
            cuda.Forward(all);
            cuda.Backward(all, gradients);
            foreach (int row in new[] { 0, 50, rows - 1 })
            {
                using TestTensor y = new(NumericFormat.Float32, 1, columns), dx = new(NumericFormat.Float32, 1, columns);
                using CudaTensor cudaY = Upload(y), cudaDx = Upload(dx);
                LayerNormArguments alone = all with { X = RowOf(all.X, row), Statistics = RowOf(all.Statistics, row), Y = cudaY };
                cuda.Forward(alone);
                cuda.Backward(alone, gradients with { Dy = RowOf(gradients.Dy, row), Dx = cudaDx });
                cuda.Download();
                CollectionAssert.AreEqual(
                    norm.Y.Bits()[(row * columns)..((row + 1) * columns)],
                    cudaY.Download().Bits(),
                    $"y, row {row} of {columns} columns");
                CollectionAssert.AreEqual(
                    norm.Dx.Bits()[(row * columns)..((row + 1) * columns)],
                    cudaDx.Download().Bits(),
                    $"dx, row {row} of {columns} columns");
            }
        }
    }

    [TestMethod]
    public void ForwardAndBackward_UnalignedRows_TouchOnlyThem()
    {
        foreach (int columns in new[] { 40, 2500, 8500 })
        {
            using LayerNormCase expected = new(NumericFormat.Float16, 3, columns), actual = new(NumericFormat.Float16, 3, columns);
            using var cuda = new CudaLayerNormCase(Device, actual);
            (LayerNormArguments cpuInner, LayerNormGradients cpuGradients) = WithoutFirstColumn(
                expected.Arguments(ActivationKind.Silu),
                expected.Gradients());
            LayerNormKernel.Forward(Cpu, cpuInner);
            LayerNormKernel.Backward(Cpu, cpuInner, cpuGradients);
            (LayerNormArguments inner, LayerNormGradients gradients) = WithoutFirstColumn(
                cuda.Arguments(ActivationKind.Silu),
                cuda.Gradients());
            cuda.Forward(inner);
            cuda.Backward(inner, gradients);
            cuda.Download();
            AssertClose(expected.Y, actual.Y, Rounding, $"y of {columns} columns");
            AssertClose(expected.Dx, actual.Dx, 4 * Rounding, $"dx of {columns} columns");
            AssertClose(expected.DScale, actual.DScale, 4 * Rounding, $"dscale of {columns} columns");
            AssertClose(expected.DShift, actual.DShift, 4 * Rounding, $"dshift of {columns} columns");
        }
    }

    private static Tensor RowOf(Tensor tensor, int row)
        => tensor with { Address = tensor.Address + ((nint)row * tensor.Pitch * tensor.Format.BytesPerElement()), Rows = 1 };

    private static (LayerNormArguments Arguments, LayerNormGradients Gradients) WithoutFirstColumn(
        in LayerNormArguments arguments,
        in LayerNormGradients gradients)
    {
        LayerNormArguments inner = arguments with
        {
            X = Inner(arguments.X),
            Scale = Inner(arguments.Scale),
            Shift = Inner(arguments.Shift),
            Y = Inner(arguments.Y),
        };
        return (
            inner,
            gradients with
            {
                Dy = Inner(gradients.Dy),
                Dx = Inner(gradients.Dx),
                DScale = Inner(gradients.DScale),
                DShift = Inner(gradients.DShift),
            });

        static Tensor Inner(Tensor tensor) => tensor with
        {
            Address = tensor.Address + tensor.Format.BytesPerElement(),
            Columns = tensor.Columns - 1,
        };
    }

    private static void AssertRow(double[] expected, TestTensor wide, TestTensor rounded, int row, string what)
    {
        for (int column = 0; column < expected.Length; column++)
        {
            Tolerance.AssertClose(expected[column], wide[row, column], Rounding, Rounding, $"{what} at ({row}, {column})");
            if (ReferenceRounding.Round(rounded.Value.Format, wide[row, column]) != rounded[row, column])
            {
                Assert.Fail($"{what} at ({row}, {column}): {wide[row, column]:R} is stored as {rounded[row, column]:R}.");
            }
        }
    }

    /// <summary>Equal to within so much, and half a unit of the storage format for each of the two roundings.</summary>
    private static void AssertClose(TestTensor expected, TestTensor actual, double absolute, string what)
    {
        NumericFormat format = expected.Value.Format;
        double unit = format == NumericFormat.Float32 ? 0 : format.Epsilon();
        for (int row = 0; row < expected.Value.Rows; row++)
        {
            for (int column = 0; column < expected.Value.Columns; column++)
            {
                Tolerance.AssertClose(
                    expected[row, column],
                    actual[row, column],
                    absolute,
                    Rounding + unit,
                    $"{what} at ({row}, {column})");
            }
        }
    }

    private void CheckBackward(LayerNormCase norm, ActivationKind kind)
    {
        var (rows, columns) = (norm.X.Value.Rows, norm.X.Value.Columns);
        string what = $"{kind} {norm.X.Value.Format} ({rows}, {columns})";
        using var cuda = new CudaLayerNormCase(Device, norm);
        using var wide = new TestTensor(NumericFormat.Float32, rows, columns, extraPitch: 1);
        using CudaTensor cudaWide = Upload(wide);
        cuda.Forward(cuda.Arguments(kind));
        cuda.Backward(cuda.Arguments(kind), cuda.Gradients() with { Dx = cudaWide });
        cuda.Backward(cuda.Arguments(kind), cuda.Gradients());
        cudaWide.Download().AssertPaddingUntouched();
        cuda.Download();

        var expected = new LayerNormReference(norm, kind);
        for (int column = 0; column < columns; column++)
        {
            Tolerance.AssertClose(
                expected.DScale[column],
                norm.DScale[0, column],
                Rounding * (1 + expected.DScaleSize[column]),
                0,
                $"{what}, dscale {column}");
            Tolerance.AssertClose(
                expected.DShift[column],
                norm.DShift[0, column],
                Rounding * (1 + expected.DShiftSize[column]),
                0,
                $"{what}, dshift {column}");
        }

        for (int row = 0; row < rows; row++)
        {
            // dx is multiplied by r last, and so is its error.
            double r = norm.Statistics[row, 2];
            for (int column = 0; column < columns; column++)
            {
                Tolerance.AssertClose(
                    expected.Dx[row][column],
                    wide[row, column],
                    Rounding * (1 + (2 * r)),
                    Rounding,
                    $"{what}, dx ({row}, {column})");
                if (ReferenceRounding.Round(norm.Dx.Value.Format, wide[row, column]) != norm.Dx[row, column])
                {
                    Assert.Fail($"{what}, dx ({row}, {column}): {wide[row, column]:R} is stored as {norm.Dx[row, column]:R}.");
                }
            }
        }
    }
}
