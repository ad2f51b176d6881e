using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
internal sealed class LayerNormTests
{
    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    public static IEnumerable<object[]> PathsAndKinds
        => from path in CpuCases.AllPaths from kind in Enum.GetValues<ActivationKind>() select new object[] { path, kind };

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_ManyWidths_MatchesTheFormulaRoundedOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (int columns in CpuCases.Sizes.Append(521))
        {
            using var norm = new LayerNormCase(format, 5, columns, extraPitch: 1);
            using var wide = new TestTensor(NumericFormat.Float32, 5, columns, extraPitch: 1);
            LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Gelu) with { Y = wide });
            LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Gelu));
            norm.Y.AssertPaddingUntouched();
            norm.Statistics.AssertPaddingUntouched();
            for (int row = 0; row < 5; row++)
            {
                double[] expected = norm.Expected(row, ActivationKind.Gelu);
                for (int column = 0; column < columns; column++)
                {
                    Tolerance.AssertClose(expected[column], wide[row, column], 4e-6, 4e-6,
                        $"{columns} columns, row {row}, column {column}");
                    Assert.AreEqual(ReferenceRounding.Round(format, wide[row, column]), norm.Y[row, column]);
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Backward_ManyWidths_MatchesCentralDifferences(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (int columns in new[] { 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 67 })
        {
            using var norm = new LayerNormCase(format, 3, columns, extraPitch: 1);
            using var dx = new TestTensor(NumericFormat.Float32, 3, columns, extraPitch: 1);
            LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Tanh));
            LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Tanh), norm.Gradients() with { Dx = dx });
            LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Tanh), norm.Gradients());
            dx.AssertPaddingUntouched();
            norm.Dx.AssertPaddingUntouched();
            norm.DScale.AssertPaddingUntouched();
            norm.DShift.AssertPaddingUntouched();
            for (int column = 0; column < columns; column++)
            {
                Tolerance.AssertClose(
                    norm.Difference(norm.Scale, 0, column, ActivationKind.Tanh),
                    norm.DScale[0, column],
                    2e-5,
                    2e-5,
                    $"{columns} columns, dscale {column}");
                Tolerance.AssertClose(
                    norm.Difference(norm.Shift, 0, column, ActivationKind.Tanh),
                    norm.DShift[0, column],
                    2e-5,
                    2e-5,
                    $"{columns} columns, dshift {column}");
                for (int row = 0; row < 3; row++)
                {
                    Tolerance.AssertClose(
                        norm.Difference(norm.X, row, column, ActivationKind.Tanh),
                        dx[row, column],
                        2e-5,
                        2e-5,
                        $"{columns} columns, dx {row}, {column}");
                    Assert.AreEqual(ReferenceRounding.Round(format, dx[row, column]), norm.Dx[row, column], "rounded once");
                }
            }
        }
    }

    /// <summary>Of rows whose variance is about ε, or far below it, ε decides the size of y and of every gradient.</summary>
    [TestMethod]
    [DataRow(1e-12f, 1e-6)]
    [DataRow(1e-12f, 1e-8)]
    [DataRow(1e-3f, 0.03)]
    public void ForwardAndBackward_SmallVariance_FollowEpsilon(float epsilon, double deviation)
    {
        const int Columns = 37;
        using var device = new CpuDevice(2);
        using var norm = new LayerNormCase(
            NumericFormat.Float32, 3, Columns, value: (row, column) => (row - 1 + Math.Sin((5 * row) + (7 * column))) * deviation)
        {
            Epsilon = epsilon,
        };
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Tanh));
        LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Tanh), norm.Gradients());
        for (int row = 0; row < 3; row++)
        {
            double[] expected = norm.Expected(row, ActivationKind.Tanh);
            for (int column = 0; column < Columns; column++)
            {
                Tolerance.AssertClose(expected[column], norm.Y[row, column], 4e-6, 4e-6, $"y {row}, {column}");
                double dx = norm.Difference(norm.X, row, column, ActivationKind.Tanh, 1e-4 * deviation);
                Tolerance.AssertClose(dx, norm.Dx[row, column], 2e-5 / Math.Sqrt(epsilon), 2e-5, $"dx {row}, {column}");
            }
        }

        for (int column = 0; column < Columns; column++)
        {
            double dscale = norm.Difference(norm.Scale, 0, column, ActivationKind.Tanh);
            Tolerance.AssertClose(dscale, norm.DScale[0, column], 2e-5, 2e-5, $"dscale {column}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void ForwardAndBackward_AnyPathAndThreads_GiveSameBits(SimdPath path, ActivationKind kind)
    {
        using var norm = new LayerNormCase(NumericFormat.Float16, 301, 333);
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
            LayerNormKernel.Forward(device, norm.Arguments(kind));
            LayerNormKernel.Backward(device, norm.Arguments(kind), norm.Gradients());
            return [norm.Y.Bits(), norm.Statistics.Bits(), norm.Dx.Bits(), norm.DScale.Bits(), norm.DShift.Bits()];
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Forward_RowAlone_HasTheBitsItHasInABatch(SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        using var norm = new LayerNormCase(NumericFormat.Float32, 97, 129);
        using var alone = new TestTensor(NumericFormat.Float32, 1, 129);
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Silu));
        foreach (int row in new[] { 0, 50, 96 })
        {
            LayerNormKernel.Forward(
                device,
                norm.Arguments(ActivationKind.Silu) with { X = norm.X.Rows(row, 1), Statistics = default, Y = alone });
            CollectionAssert.AreEqual(norm.Y.Bits()[(row * 129)..((row + 1) * 129)], alone.Bits());
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_ConstantRow_IsExactlyTheShift(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(1, path);
        foreach (int columns in new[] { 1, 3, 7, 17, 100, 1000 })
        {
            using var norm = new LayerNormCase(
                format,
                4,
                columns,
                value: (row, _) => row switch { 0 => 0, 1 => 0.1, 2 => -12345.678, _ => 3 });
            using var y = new TestTensor(NumericFormat.Float32, 4, columns);
            LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.None) with { Y = y });
            LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.None), norm.Gradients());
            for (int i = 0; i < 4 * columns; i++)
            {
                var (row, column) = Math.DivRem(i, columns);
                Assert.AreEqual(norm.Shift[0, column], y[row, column], $"{columns} columns, row {row}, column {column}");
                Assert.IsTrue(double.IsFinite(norm.Dx[row, column]));
                Assert.AreEqual(0, norm.DScale[0, column]);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void ForwardAndBackward_LargeOffset_LoseNothing(SimdPath path)
    {
        // In one pass, Σx² − (Σx)²/C of squares of 1e8 leaves nothing of a variance of 1e-4; a mean rounded to Float32 is off by 5e-4.
        using var device = new CpuDevice(1, path);
        using var norm = new LayerNormCase(
            NumericFormat.Float32,
            3,
            257,
            value: (row, column) => 10000 + (((((row + 5) * column * 31) % 41) - 20) / 1024.0));
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.None));
        LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.None), norm.Gradients());
        for (int row = 0; row < 3; row++)
        {
            double[] expected = norm.Expected(row, ActivationKind.None);
            for (int column = 0; column < 257; column++)
            {
                Tolerance.AssertClose(expected[column], norm.Y[row, column], 3e-6, 3e-6, $"row {row}, column {column}");
            }
        }
        for (int column = 0; column < 257; column += 16)
        {
            Tolerance.AssertClose(
                norm.Difference(norm.Scale, 0, column, ActivationKind.None),
                norm.DScale[0, column],
                2e-5,
                2e-5,
                $"dscale {column}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void ForwardAndBackward_NaNOrInfinity_StayInTheirRow(SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        foreach (double bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            using var norm = new LayerNormCase(
                NumericFormat.Float16,
                4,
                37,
                value: (row, column) => row == 2 && column == 33 ? bad : Math.Sin((row * 37) + column));
            LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Relu));
            LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Relu), norm.Gradients());
            for (int i = 0; i < 4 * 37; i++)
            {
                var (row, column) = Math.DivRem(i, 37);
                Assert.AreEqual(row == 2, double.IsNaN(norm.Y[row, column]), $"y {row}, {column}");
                Assert.AreEqual(row == 2, double.IsNaN(norm.Dx[row, column]), $"dx {row}, {column}");
                Assert.IsTrue(double.IsNaN(norm.DScale[0, column]), $"dscale {column}: the step must be seen to be not finite");
            }
        }
    }

    [TestMethod]
    public void Forward_WithActivation_RoundsOnce()
    {
        using var device = new CpuDevice(1);
        using var norm = new LayerNormCase(NumericFormat.Float16, 64, 33);
        using var wide = new TestTensor(NumericFormat.Float32, 64, 33);
        using var between = new TestTensor(NumericFormat.Float32, 64, 33);
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.None) with { Y = wide });
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Silu));
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Silu) with { Y = between });
        int differ = 0;
        for (int i = 0; i < 64 * 33; i++)
        {
            var (row, column) = Math.DivRem(i, 33);
            double once = (double)(Half)between[row, column];
            double twice = (double)(Half)ReferenceMath.Activation(ActivationKind.Silu, (double)(Half)wide[row, column]);
            differ += once == twice ? 0 : 1;
            Assert.AreEqual(once, norm.Y[row, column]);
        }
        Assert.IsGreaterThan(100, differ, "the test needs elements on which a second rounding would show");
    }

    [TestMethod]
    public void Backward_Accumulating_Adds()
    {
        using var device = new CpuDevice(2);
        using var norm = new LayerNormCase(NumericFormat.Float16, 70, 70);
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Gelu));
        LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Gelu), norm.Gradients());
        double[] scale = [.. Enumerable.Range(0, 70).Select(column => norm.DScale[0, column])];
        double[] shift = [.. Enumerable.Range(0, 70).Select(column => norm.DShift[0, column])];

        LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Gelu), norm.Gradients() with { Accumulate = true });

        for (int column = 0; column < 70; column++)
        {
            Assert.AreEqual(2 * scale[column], norm.DScale[0, column]);
            Assert.AreEqual(2 * shift[column], norm.DShift[0, column]);
        }
    }

    [TestMethod]
    public void Backward_NotAskedFor_WritesNothing()
    {
        using var device = new CpuDevice(1);
        using var norm = new LayerNormCase(NumericFormat.Float16, 3, 9);
        LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Relu));
        LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Relu), norm.Gradients() with { Dx = default });
        Assert.IsTrue(Array.TrueForAll(norm.Dx.Bits(), bits => bits == 0));
        double kept = norm.DShift[0, 1];
        LayerNormKernel.Backward(
            device,
            norm.Arguments(ActivationKind.Relu),
            norm.Gradients() with { DScale = default, DShift = default, Accumulate = true });

        Assert.IsTrue(Array.Exists(norm.Dx.Bits(), bits => bits != 0));
        Assert.AreEqual(kept, norm.DShift[0, 1]);
    }

    [TestMethod]
    public void ForwardAndBackward_TensorsThatDoNotFit_SaySo()
    {
        using var device = new CpuDevice(1);
        using var norm = new LayerNormCase(NumericFormat.Float16, 3, 4);
        using var other = new TestTensor(NumericFormat.Float32, 1, 3);
        using var rounded = new TestTensor(NumericFormat.Float16, 1, 4);
        LayerNormArguments good = norm.Arguments(ActivationKind.Relu);

        foreach (
            LayerNormArguments bad in new[]
            {
                good with { Scale = other },
                good with { Shift = rounded },
                good with { Statistics = other },
                good with { Y = other },
            })
        {
            Assert.ThrowsExactly<ArgumentException>(() => LayerNormKernel.Forward(device, bad));
        }

        Assert.ThrowsExactly<ArgumentException>(
            () => LayerNormKernel.Backward(device, good with { Statistics = default }, norm.Gradients()));
        foreach (
            LayerNormGradients bad in new[]
            {
                norm.Gradients() with { Dy = other },
                norm.Gradients() with { Dx = other },
                norm.Gradients() with { DScale = other },
                norm.Gradients() with { DShift = rounded },
            })
        {
            Assert.ThrowsExactly<ArgumentException>(() => LayerNormKernel.Backward(device, good, bad));
        }
    }

    [TestMethod]
    [DoNotParallelize]
    public void ForwardAndBackward_OnceWarm_AllocateNothing()
    {
        using var device = new CpuDevice(3);
        using var norm = new LayerNormCase(NumericFormat.Float16, 100, 300);

        Allocations.AssertNone(device, () =>
        {
            LayerNormKernel.Forward(device, norm.Arguments(ActivationKind.Gelu));
            LayerNormKernel.Backward(device, norm.Arguments(ActivationKind.Gelu), norm.Gradients());
        });
    }
}
