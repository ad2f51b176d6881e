using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Losses;

[TestClass]
internal sealed class SoftmaxTests
{
    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_ManyShapes_MatchesFormula(SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        foreach (int classes in CpuCases.Sizes)
        {
            using var x = TestTensor.Random(NumericFormat.Float32, 70, classes, classes, extraPitch: 1);
            using var y = new TestTensor(NumericFormat.Float32, 70, classes);
            Softmax.Run(device, x, y);
            y.AssertPaddingUntouched();
            for (int row = 0; row < 70; row++)
            {
                double sum = Enumerable.Range(0, classes).Sum(column => Math.Exp(x[row, column]));
                for (int column = 0; column < classes; column++)
                {
                    Tolerance.AssertClose(
                        Math.Exp(x[row, column]) / sum,
                        y[row, column],
                        0,
                        10 * NumericFormat.Float32.Epsilon(),
                        $"{path}, {classes} classes");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_HugeLogitsInPlace_SubtractsTheLargest(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        using var x = TestTensor.Of(
            NumericFormat.Float32,
            1,
            19,
            (_, column) => column == 18 ? 1000 : column == 3 ? double.NegativeInfinity : 999);

        Softmax.Run(device, x, x);

        double sum = 1 + (17 / Math.E);
        for (int column = 0; column < 19; column++)
        {
            Tolerance.AssertClose(column == 18 ? 1 / sum : column == 3 ? 0 : 1 / Math.E / sum, x[0, column], 0, 1e-6, $"{path}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_RowAloneOrInBatch_GivesSameBits(SimdPath path)
    {
        using var device = new CpuDevice(3, path);
        using var x = TestTensor.Random(NumericFormat.Float32, 501, 37, 1);
        using var y = new TestTensor(NumericFormat.Float32, 501, 37);
        using var alone = new TestTensor(NumericFormat.Float32, 1, 37);
        Softmax.Run(device, x, y);
        var bits = y.Bits();
        for (int row = 0; row < 501; row += 50)
        {
            Softmax.Run(device, x.Rows(row, 1), alone);
            CollectionAssert.AreEqual(bits[(row * 37)..((row + 1) * 37)], alone.Bits());
        }
    }

    [TestMethod]
    public void Run_NaN_SpoilsItsRowOnly()
    {
        using var device = new CpuDevice(1);
        using var x = TestTensor.Of(NumericFormat.Float32, 2, 9, (row, column) => row == 0 && column == 8 ? double.NaN : column);

        Softmax.Run(device, x, x);

        for (int column = 0; column < 9; column++)
        {
            Assert.IsTrue(double.IsNaN(x[0, column]));
            Assert.IsTrue(double.IsFinite(x[1, column]));
        }
    }

    [TestMethod]
    public void Run_TensorsThatDoNotFit_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var x = new TestTensor(NumericFormat.Float32, 2, 3);
        using var half = new TestTensor(NumericFormat.Float16, 2, 3);
        using var other = new TestTensor(NumericFormat.Float32, 3, 2);

        Assert.ThrowsExactly<ArgumentException>(() => Softmax.Run(device, x, half));
        Assert.ThrowsExactly<ArgumentException>(() => Softmax.Run(device, x, other));
    }
}
