using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
internal sealed class ActivationsTests
{
    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    public static IEnumerable<object[]> PathsAndKinds
        => from path in CpuCases.AllPaths from kind in Enum.GetValues<ActivationKind>() select new object[] { path, kind };

    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void Forward_OverWideRange_MatchesFormulaInRelativeTerms(SimdPath path, ActivationKind kind)
    {
        using var device = new CpuDevice(1, path);
        using var x = TestTensor.Of(NumericFormat.Float32, 40, 301, Spread);
        using var y = new TestTensor(NumericFormat.Float32, 40, 301, extraPitch: 1);

        Activations.Forward(device, kind, x, y);

        // Relative down to the smallest normal number, however close to 0 the function comes: the polynomials and eˣ lose a
        // few units; the argument of GELU's sigmoid, up to 88, turns its own rounding error into that of the result.
        double relative = (kind == ActivationKind.Gelu ? 120 : 6) * NumericFormat.Float32.Epsilon();
        y.AssertPaddingUntouched();
        for (int row = 0; row < 40; row++)
        {
            for (int column = 0; column < 301; column++)
            {
                Tolerance.AssertClose(
                    ReferenceMath.Activation(kind, x[row, column]),
                    y[row, column],
                    3e-37,
                    relative,
                    $"{path}: {kind}({x[row, column]:R})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void Forward_SpecialValues_GiveLimits(SimdPath path, ActivationKind kind)
    {
        using var device = new CpuDevice(1, path);
        double[] values = [
            double.NaN,
            double.PositiveInfinity,
            double.NegativeInfinity,
            0,
            float.MaxValue,
            float.MinValue,
            1e20,
            -1e20,
            float.Epsilon];
        using var x = TestTensor.Of(NumericFormat.Float32, values.Length, 19, (row, _) => values[row]);
        using var y = new TestTensor(NumericFormat.Float32, values.Length, 19);

        Activations.Forward(device, kind, x, y);

        // At −∞, whatever is as far below 0 as that, around 0, at 1e20, and at the largest number.
        const float SeluScale = 1.05070099f, SeluFloor = -1.75809934f;
        (double bottom, double middle, double high, double top) = kind switch
        {
            ActivationKind.None => (double.NegativeInfinity, 0.0, (double)1e20f, (double)float.MaxValue),
            ActivationKind.Tanh => (-1, 0, 1, 1),
            ActivationKind.Sigmoid => (0, 0.5, 1, 1),
            ActivationKind.Selu => (SeluFloor, 0, SeluScale * 1e20f, double.PositiveInfinity),
            _ => (0, 0, 1e20f, float.MaxValue),
        };
        double infinite = kind is ActivationKind.Tanh or ActivationKind.Sigmoid ? 1 : double.PositiveInfinity;
        (double lowest, double low) = kind == ActivationKind.None ? (float.MinValue, -1e20f) : (bottom, bottom);
        double[] expected = [double.NaN, infinite, bottom, middle, top, lowest, high, low, middle];
        for (int row = 0; row < values.Length; row++)
        {
            for (int column = 0; column < 19; column++)
            {
                Tolerance.AssertClose(expected[row], y[row, column], 2e-45, 0, $"{path}: {kind}({values[row]:R})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void Backward_OverWideRange_MatchesDerivative(SimdPath path, ActivationKind kind)
    {
        using var device = new CpuDevice(1, path);
        using var z = TestTensor.Of(NumericFormat.Float32, 40, 301, Spread);
        using var saved = TestTensor.Of(
            NumericFormat.Float32,
            40,
            301,
            (row, column) => Activations.SavesOutput(kind) ? ReferenceMath.Activation(kind, z[row, column]) : z[row, column]);
        using var dy = TestTensor.Of(NumericFormat.Float32, 40, 301, (row, _) => row % 2 == 0 ? 2 : -0.5);
        using var dx = new TestTensor(NumericFormat.Float32, 40, 301, extraPitch: 1);

        Activations.Backward(device, kind, dy, saved, dx);

        dx.AssertPaddingUntouched();
        for (int row = 0; row < 40; row++)
        {
            for (int column = 0; column < 301; column++)
            {
                double expected = dy[row, column] * ReferenceMath.Derivative(kind, z[row, column]);
                // Absolute: derivatives pass through 0, and from a rounded y 1 − y² is known no better.
                Tolerance.AssertClose(expected, dx[row, column], 1e-6, 1e-6, $"{path}: {kind}'({z[row, column]:R})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void Backward_SpecialValues_GiveLimits(SimdPath path, ActivationKind kind)
    {
        using var device = new CpuDevice(1, path);
        double[] zs = [double.PositiveInfinity, double.NegativeInfinity, float.MaxValue, float.MinValue];
        using var saved = TestTensor.Of(NumericFormat.Float32, 4, 19, (row, _) => Activations.SavesOutput(kind) && double.IsInfinity(
            ReferenceMath.Activation(kind, zs[row]))
            ? float.MaxValue : Activations.SavesOutput(kind) ? ReferenceMath.Activation(kind, zs[row]) : zs[row]);
        using var dy = TestTensor.Of(NumericFormat.Float32, 4, 19, (_, _) => 3);
        using var dx = new TestTensor(NumericFormat.Float32, 4, 19);

        Activations.Backward(device, kind, dy, saved, dx);

        for (int row = 0; row < 4; row++)
        {
            double slope = kind switch
            {
                ActivationKind.None => 1,
                ActivationKind.Tanh or ActivationKind.Sigmoid => 0,
                ActivationKind.Selu => zs[row] > 0 ? 1.05070099f : 0,
                _ => zs[row] > 0 ? 1 : 0,
            };
            for (int column = 0; column < 19; column++)
            {
                Tolerance.AssertClose((float)(3 * slope), dx[row, column], 0, 0, $"{path}: {kind}'({zs[row]:R})");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Backward_NaN_StaysNaN(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        foreach (var kind in Enum.GetValues<ActivationKind>())
        {
            using var saved = TestTensor.Of(NumericFormat.Float32, 1, 40, (_, column) => column % 2 == 0 ? double.NaN : 0.5);
            using var dy = TestTensor.Of(NumericFormat.Float32, 1, 40, (_, column) => column % 2 == 0 ? 1 : double.NaN);
            using var dx = new TestTensor(NumericFormat.Float32, 1, 40);
            Activations.Backward(device, kind, dy, saved, dx);
            for (int column = 0; column < 40; column++)
            {
                // Relu and None use saved, if at all, only to choose: where it is NaN, dy passes.
                bool passes = column % 2 == 0 && kind is ActivationKind.None or ActivationKind.Relu && column % 2 == 0;
                Assert.AreEqual(passes ? 1 : double.NaN, dx[0, column], $"{kind}");
            }
        }
    }

    [TestMethod]
    public void Backward_ReluAtZero_IsZero()
    {
        using var device = new CpuDevice(1);
        using var y = TestTensor.Of(
            NumericFormat.Float16,
            1,
            4,
            (_, column) => column switch { 0 => 0, 1 => -0.0, 2 => Math.ScaleB(1, -24), _ => 1 });
        using var dy = TestTensor.Of(NumericFormat.Float16, 1, 4, (_, _) => 5);

        Activations.Backward(device, ActivationKind.Relu, dy, y, dy);

        CollectionAssert.AreEqual(new double[] { 0, 0, 5, 5 }, Enumerable.Range(0, 4).Select(column => dy[0, column]).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Forward_StoredFormat_RoundsOnce(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (int size in CpuCases.Sizes)
        {
            using var x = TestTensor.Random(format, 3, size, size);
            using var wide = new TestTensor(NumericFormat.Float32, 3, size);
            using var y = new TestTensor(format, 3, size, extraPitch: 1);
            Activations.Forward(device, ActivationKind.Silu, x, wide);
            Activations.Forward(device, ActivationKind.Silu, x, y);
            y.AssertPaddingUntouched();
            for (int row = 0; row < 3; row++)
            {
                for (int column = 0; column < size; column++)
                {
                    Tolerance.AssertClose(
                        ReferenceMath.Activation(ActivationKind.Silu, x[row, column]),
                        wide[row, column],
                        0,
                        1e-6,
                        "Silu");
                    Assert.AreEqual(ReferenceRounding.Round(format, wide[row, column]), y[row, column]);
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndKinds))]
    public void ForwardAndBackward_AnyPathAndThreads_GiveSameBits(SimdPath path, ActivationKind kind)
    {
        using var one = new CpuDevice(1, SimdPath.Portable);
        using var many = new CpuDevice(3, path);
        using var x = TestTensor.Of(NumericFormat.Float16, 41, 601, Spread);
        using var expected = new TestTensor(NumericFormat.Float32, 41, 601);
        using var actual = new TestTensor(NumericFormat.Float32, 41, 601);

        Activations.Forward(one, kind, x, expected);
        Activations.Forward(many, kind, x, actual);
        CollectionAssert.AreEqual(expected.Bits(), actual.Bits());
        Activations.Backward(one, kind, x, x, expected);
        Activations.Backward(many, kind, x, x, actual);
        CollectionAssert.AreEqual(expected.Bits(), actual.Bits());
    }

    [TestMethod]
    public void SavesOutput_EachKind_IsWhatTheDerivativeReads()
    {
        foreach (var kind in Enum.GetValues<ActivationKind>())
        {
            Assert.AreEqual(kind is ActivationKind.Relu or ActivationKind.Tanh or ActivationKind.Sigmoid, Activations.SavesOutput(kind));
        }
    }

    [TestMethod]
    public void ForwardAndBackward_OtherShapes_SaySo()
    {
        using var device = new CpuDevice(1);
        using var x = new TestTensor(NumericFormat.Float32, 2, 3);
        using var other = new TestTensor(NumericFormat.Float32, 3, 2);

        Assert.ThrowsExactly<ArgumentException>(() => Activations.Forward(device, ActivationKind.Relu, x, other));
        Assert.ThrowsExactly<ArgumentException>(() => Activations.Backward(device, ActivationKind.Relu, x, other, x));
        Assert.ThrowsExactly<ArgumentException>(() => Activations.Backward(device, ActivationKind.Relu, x, x, other));
    }

    [TestMethod]
    [DoNotParallelize]
    public void ForwardAndBackward_OnceWarm_AllocateNothing()
    {
        using var device = new CpuDevice(3);
        using var x = TestTensor.Random(NumericFormat.Float16, 100, 300, 1);
        using var y = new TestTensor(NumericFormat.Float16, 100, 300);

        Allocations.AssertNone(device, () =>
        {
            Activations.Forward(device, ActivationKind.Relu, x, y);
            Activations.Backward(device, ActivationKind.Relu, x, y, y);
        });
    }

    /// <summary>Values of both signs, dense near 0 and reaching beyond where every function saturates.</summary>
    private static double Spread(int row, int column)
    {
        int i = (row * 301) + column;
        double magnitude = (i % 3) switch { 0 => i / 90.0, 1 => Math.Exp(-i / 300.0), _ => i / 900.0 };
        return (i / 3 % 2 == 0 ? 1 : -1) * magnitude;
    }
}
