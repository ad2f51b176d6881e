using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Ops;

[TestClass]
internal sealed unsafe class GatherTests
{
    public static IEnumerable<object[]> FormatsAndThreads
        => from format in CpuCases.Formats from threads in new[] { 1, 3 } select new object[] { format, threads };

    [TestMethod]
    [DynamicData(nameof(FormatsAndThreads))]
    public void Rows_AnyOrder_AreCopiedBitForBit(NumericFormat format, int threads)
    {
        using var device = new CpuDevice(threads);
        foreach (var (rows, columns) in new[] { (1, 1), (7, 3), (0, 4), (5, 0), (300, 333), (33, 17) })
        {
            using var source = TestTensor.Random(format, 50, columns, 1, extraPitch: 2);
            using var target = new TestTensor(format, rows, columns, extraPitch: 1);
            var indices = Enumerable.Range(0, rows).Select(i => (i * 37) % 50).ToArray();
            fixed (int* p = indices)
                GatherRows.Run(device, source, p, target);
            target.AssertPaddingUntouched();
            var from = source.Bits();
            var to = target.Bits();
            for (int i = 0; i < to.Length; i++)
                Assert.AreEqual(from[(indices[i / columns] * columns) + (i % columns)], to[i]);
        }
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(4)]
    [DataRow(int.MinValue)]
    public void Rows_IndexOutOfRange_SaysWhich(int index)
    {
        using var device = new CpuDevice(1);
        using var source = new TestTensor(NumericFormat.Float32, 4, 3);
        using var target = new TestTensor(NumericFormat.Float32, 2, 3);
        int[] indices = [0, index];

        var e = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() =>
        {
            fixed (int* p = indices)
                GatherRows.Run(device, source, p, target);
        });

        StringAssert.Contains(e.Message, $"Index 1 is {index}; the source has rows 0 to 3.");
    }

    [TestMethod]
    public void Rows_OtherFormatOrWidth_SaysSo()
    {
        using var device = new CpuDevice(1);
        using var source = new TestTensor(NumericFormat.Float16, 4, 3);
        using var wide = new TestTensor(NumericFormat.Float16, 4, 4);
        using var brain = new TestTensor(NumericFormat.BFloat16, 4, 3);

        Assert.ThrowsExactly<ArgumentException>(() => GatherRows.Run(device, source, null, wide));
        Assert.ThrowsExactly<ArgumentException>(() => GatherRows.Run(device, source, null, brain));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Scalars_AnyOrder_AreCopied(int threads)
    {
        using var device = new CpuDevice(threads);
        foreach (int count in new[] { 0, 1, 17, 200_003 })
        {
            var source = Enumerable.Range(0, 100).Select(i => i * 3).ToArray();
            var indices = Enumerable.Range(0, count).Select(i => (int)((long)i * 37 % 100)).ToArray();
            var target = new int[count + 1];
            fixed (int* from = source, index = indices, to = target)
                GatherScalars.Run(device, from, index, to, count);
            for (int i = 0; i < count; i++)
                Assert.AreEqual(indices[i] * 3, target[i]);
            Assert.AreEqual(0, target[count]);
        }
    }

    [TestMethod]
    [DoNotParallelize]
    public void RowsAndScalars_OnceWarm_AllocateNothing()
    {
        using var device = new CpuDevice(3);
        using var source = TestTensor.Random(NumericFormat.Float16, 400, 301, 1);
        using var target = new TestTensor(NumericFormat.Float16, 400, 301);
        using var indices = new TestTensor(NumericFormat.Float32, 400, 1);
        nint index = indices.Value.Address;

        Allocations.AssertNone(device, () =>
        {
            GatherRows.Run(device, source, (int*)index, target);
            GatherScalars.Run(device, (void*)source.Value.Address, (int*)index, (void*)target.Value.Address, 400);
        });
    }
}
