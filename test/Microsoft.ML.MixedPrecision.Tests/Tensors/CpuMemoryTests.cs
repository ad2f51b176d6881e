using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Tensors;

[TestClass]
internal sealed unsafe class CpuMemoryTests
{
    [TestMethod]
    [DataRow(0L)]
    [DataRow(1L)]
    [DataRow(63L)]
    [DataRow(100_003L)]
    public void Allocate_AfterDirtyBlockOfSameSize_IsZeroedAndAligned(long bytes)
    {
        using var device = new CpuDevice(1);
        for (int i = 0; i < 3; i++)
        {
            using var memory = device.Allocate(bytes);
            var span = new Span<byte>((void*)memory.Address, (int)bytes);
            Assert.AreEqual(0, memory.Address % CpuMemory.Alignment);
            Assert.AreEqual(bytes, memory.Bytes);
            Assert.IsFalse(span.ContainsAnyExcept((byte)0));
            span.Fill(0xFF);
        }
    }

    [TestMethod]
    public void Allocate_MoreThanThereIs_SaysHowMuch()
    {
        using var device = new CpuDevice(1);

        var e = Assert.ThrowsExactly<InsufficientMemoryException>(() => device.Allocate(1L << 60));

        StringAssert.Contains(e.Message, $"{1L << 60:N0}");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => device.Allocate(-1));
    }

    [TestMethod]
    public void Dispose_FromSeveralThreads_FreesOnce()
    {
        for (int i = 0; i < 50; i++)
        {
            var memory = new CpuMemory(1024);
            var threads = Enumerable.Range(0, 3).Select(_ => new Thread(memory.Dispose)).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());
            Assert.ThrowsExactly<ObjectDisposedException>(() => memory.Address);
        }
    }
}
