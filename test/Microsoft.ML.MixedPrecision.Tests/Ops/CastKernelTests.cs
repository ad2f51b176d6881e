using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
internal sealed class CastKernelTests
{
    public static IEnumerable<object[]> PathsAndFormatPairs
        => from path in CpuCases.AllPaths
           from source in CpuCases.Formats
           from target in CpuCases.Formats
           select new object[] { path, source, target };

    [TestMethod]
    [DynamicData(nameof(PathsAndFormatPairs))]
    public void Run_EachPairOfFormats_RoundsOnce(SimdPath path, NumericFormat source, NumericFormat target)
    {
        using var device = new CpuDevice(2, path);
        foreach (int columns in CpuCases.Sizes.Append(0))
        {
            using var from = TestTensor.Random(source, 5, columns, columns, extraPitch: 2);
            using var to = new TestTensor(target, 5, columns, extraPitch: columns % 2);
            CastKernel.Run(device, from, to);
            to.AssertPaddingUntouched();
            for (int row = 0; row < 5; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    double read = source == NumericFormat.TensorFloat32
                        ? ReferenceRounding.Round(source, from[row, column])
                        : from[row, column];
                    Assert.AreEqual(ReferenceRounding.Round(target, read), to[row, column]);
                }
            }
        }
    }

    [TestMethod]
    public void Run_Large_SpreadsOverThreads()
    {
        using var device = new CpuDevice(3);
        using var from = TestTensor.Random(NumericFormat.Float32, 700, 301, 1);
        using var to = new TestTensor(NumericFormat.Float16, 700, 301);

        CastKernel.Run(device, from, to);

        for (int row = 0; row < 700; row++)
        {
            Assert.AreEqual(ReferenceRounding.Round(NumericFormat.Float16, from[row, 300]), to[row, 300]);
        }
    }

    [TestMethod]
    public void Run_OtherShape_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var from = new TestTensor(NumericFormat.Float32, 2, 3);
        using var to = new TestTensor(NumericFormat.Float32, 3, 2);

        Assert.ThrowsExactly<ArgumentException>(() => CastKernel.Run(device, from, to));
    }

    [TestMethod]
    [DoNotParallelize]
    public void Run_OnceWarm_AllocatesNothing()
    {
        using var device = new CpuDevice(3);
        using var from = TestTensor.Random(NumericFormat.Float32, 400, 301, 1);
        using var to = new TestTensor(NumericFormat.BFloat16, 400, 301);

        Allocations.AssertNone(device, () => CastKernel.Run(device, from, to));
    }
}
