using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Optimizers;

[TestClass]
internal sealed unsafe class FiniteCheckTests
{
    private static readonly int[] Counts = [0, 1, 7, 8, 9, 8191, 8192, 8193, 100_003];

    public static IEnumerable<object[]> Paths => CpuCases.Paths;

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_FiniteValues_GivesSumOfSquaresInBinary64(SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        foreach (int count in Counts)
        {
            using var values = TestTensor.Random(NumericFormat.Float32, 1, count, count);
            var result = FiniteCheckKernel.Run(device, (float*)values.Value.Address, count);
            double expected = Enumerable.Range(0, count).Sum(i => values[0, i] * values[0, i]);
            Assert.IsTrue(result.IsFinite);
            // Only binary64 gets this close.
            Tolerance.AssertClose(expected, result.SumOfSquares, 0, 1e-13, $"{path}, {count}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_OneBadValueAnywhere_IsFound(SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        foreach (int count in new[] { 1, 9, 17, 8193 })
        {
            using var values = TestTensor.Random(NumericFormat.Float32, 1, count, count);
            foreach (
                float bad in new[]
                {
                    float.NaN,
                    float.PositiveInfinity,
                    float.NegativeInfinity,
                    BitConverter.UInt32BitsToSingle(0x7F80_0001),
                })
            {
                for (int at = 0; at < count; at += count > 100 ? 511 : 1)
                {
                    var p = (float*)values.Value.Address + at;
                    float good = *p;
                    *p = bad;
                    Assert.IsFalse(
                        FiniteCheckKernel.Run(device, (float*)values.Value.Address, count).IsFinite,
                        $"{bad} at {at} of {count}");
                    *p = good;
                }
            }
            Assert.IsTrue(FiniteCheckKernel.Run(device, (float*)values.Value.Address, count).IsFinite);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_LargestValues_AreFinite(SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        using var values = TestTensor.Of(NumericFormat.Float32, 1, 10_000, (_, i) => i % 2 == 0 ? float.MaxValue : -float.MaxValue);

        var result = FiniteCheckKernel.Run(device, (float*)values.Value.Address, 10_000);

        Assert.IsTrue(result.IsFinite);
        Tolerance.AssertClose(10_000.0 * float.MaxValue * float.MaxValue, result.SumOfSquares, 0, 1e-13, "sum");
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void Run_AnyPathAndThreads_GivesSameBits(SimdPath path)
    {
        using var values = TestTensor.Random(NumericFormat.Float32, 1, 300_007, 1);
        using var one = new CpuDevice(1, SimdPath.Portable);
        double expected = FiniteCheckKernel.Run(one, (float*)values.Value.Address, 300_007).SumOfSquares;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads, path);
            Assert.AreEqual(expected, FiniteCheckKernel.Run(device, (float*)values.Value.Address, 300_007).SumOfSquares);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Paths))]
    public void IsFinite_OneBadValue_IsFoundInColumnsAndIgnoredInPadding(SimdPath path)
    {
        using var device = new CpuDevice(2, path);
        foreach ((int rows, int columns) in new[] { (1, 1), (3, 10), (2, 17), (400, 301) })
        {
            using var values = TestTensor.Random(NumericFormat.Float32, rows, columns, rows, extraPitch: 1);
            foreach (int column in new[] { 0, columns / 2, columns - 1, columns, values.Value.Pitch - 1 })
            {
                var p = (float*)values.Value.Row(rows - 1) + column;
                float good = *p;
                *p = float.NegativeInfinity;
                Assert.AreEqual(column >= columns, FiniteCheckKernel.IsFinite(device, values), $"({rows}, {columns}), column {column}");
                *p = good;
            }

            Assert.IsTrue(FiniteCheckKernel.IsFinite(device, values));
        }
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var values = TestTensor.Random(NumericFormat.Float32, 1, 200_000, 1);

        Allocations.AssertNone(device, () => FiniteCheckKernel.Run(device, (float*)values.Value.Address, 200_000));
    }
}
