using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
internal sealed class BiasGradientTests
{
    public static IEnumerable<object[]> PathsAndStorageFormats => CpuCases.PathsAndStorageFormats;

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Run_ManyShapes_SumsColumns(SimdPath path, NumericFormat format)
    {
        using var device = new CpuDevice(2, path);
        foreach (int rows in new[] { 0, 1, 2, 63, 64, 65, 130 })
        {
            foreach (int columns in CpuCases.Sizes)
            {
                using var dz = TestTensor.Random(format, rows, columns, rows + columns, extraPitch: 1);
                using var dbias = TestTensor.Of(NumericFormat.Float32, 1, columns, (_, _) => 7, extraPitch: 1);
                BiasGradient.Run(device, dz, dbias, accumulate: false);
                AssertSums(dz, dbias, 0);
                BiasGradient.Run(device, dz, dbias, accumulate: true);
                AssertSums(dz, dbias, 1);
                dbias.AssertPaddingUntouched();
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(PathsAndStorageFormats))]
    public void Run_AnyPathAndThreads_GivesSameBits(SimdPath path, NumericFormat format)
    {
        using var dz = TestTensor.Random(format, 301, 333, 1);
        using var expected = new TestTensor(NumericFormat.Float32, 1, 333);
        using var actual = new TestTensor(NumericFormat.Float32, 1, 333);
        using var one = new CpuDevice(1, SimdPath.Portable);
        BiasGradient.Run(one, dz, expected, accumulate: false);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads, path);
            BiasGradient.Run(device, dz, actual, accumulate: false);
            CollectionAssert.AreEqual(expected.Bits(), actual.Bits());
        }
    }

    [TestMethod]
    public void Run_ManyOnesIn16Bit_AddsInFloat32()
    {
        using var device = new CpuDevice(1);
        using var dz = TestTensor.Of(NumericFormat.BFloat16, 1001, 1, (_, _) => 1);
        using var dbias = new TestTensor(NumericFormat.Float32, 1, 1);

        BiasGradient.Run(device, dz, dbias, accumulate: false);

        Assert.AreEqual(1001, dbias[0, 0]);
    }

    [TestMethod]
    public void Run_TensorsThatDoNotFit_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var dz = new TestTensor(NumericFormat.Float16, 4, 3);
        using var narrow = new TestTensor(NumericFormat.Float32, 1, 2);
        using var rounded = new TestTensor(NumericFormat.Float16, 1, 3);

        Assert.ThrowsExactly<ArgumentException>(() => BiasGradient.Run(device, dz, narrow, false));
        Assert.ThrowsExactly<ArgumentException>(() => BiasGradient.Run(device, dz, rounded, false));
    }

    [TestMethod]
    [DataRow(512, 8192)]
    [DataRow(512, 65536)]
    [DataRow(1000, 33555)]
    [DataRow(1, 1 << 22)]
    public void CudaScratchBytes_OfFewerRows_IsNotMore(int columns, int rows)
    {
        long enough = BiasGradient.CudaScratchBytes(rows, columns);
        for (int fewer = rows; fewer > 0; fewer -= Math.Max(1, fewer / 1000))
        {
            Assert.IsLessThanOrEqualTo(enough, BiasGradient.CudaScratchBytes(fewer, columns), $"{fewer} rows");
        }
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var dz = TestTensor.Random(NumericFormat.Float16, 300, 300, 1);
        using var dbias = new TestTensor(NumericFormat.Float32, 1, 300);

        Allocations.AssertNone(device, () => BiasGradient.Run(device, dz, dbias, accumulate: true));
    }

    private static void AssertSums(TestTensor dz, TestTensor dbias, int earlier)
    {
        for (int column = 0; column < dz.Value.Columns; column++)
        {
            double sum = 0, size = 0;
            for (int row = 0; row < dz.Value.Rows; row++)
            {
                (sum, size) = (sum + dz[row, column], size + Math.Abs(dz[row, column]));
            }
            // Half a unit for each addition on the way.
            Tolerance.AssertClose((1 + earlier) * sum, dbias[0, column], (dz.Value.Rows + 2) * NumericFormat.Float32.Epsilon() * size, 0,
                $"{dz.Value.Format}, {dz.Value.Rows} rows");
        }
    }
}
