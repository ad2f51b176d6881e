using Microsoft.ML.MixedPrecision.Cuda.Driver;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Driver;

/// <summary>Memory of the device and pinned memory.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed unsafe class MemoryTests : GpuTest
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(31)]
    [DataRow(1_000_003)]
    public void WriteAndRead_AnySize_GiveTheSameBytes(int count)
    {
        byte[] values = new byte[count];
        new Random(count).NextBytes(values);

        using CudaBuffer buffer = Upload<byte>(values);

        CollectionAssert.AreEqual(values, Download<byte>(buffer, count));
        Assert.AreEqual(0, buffer.Address % 256);
        Assert.AreEqual(count, buffer.Bytes);
    }

    [TestMethod]
    public void PinnedCopies_ThereAcrossAndBack_GiveTheSameBytes()
    {
        const int count = 4099;
        using var source = new PinnedBuffer(Context, count * sizeof(int));
        using var target = new PinnedBuffer(Context, count * sizeof(int));
        using var first = new CudaBuffer(Context, count * sizeof(int));
        using var second = new CudaBuffer(Context, count * sizeof(int));
        for (int i = 0; i < count; i++)
        {
            source.AsSpan<int>()[i] = i * 7;
        }

        Stream.CopyToDevice((void*)source.Address, first.Address, first.Bytes);
        Stream.CopyOnDevice(first.Address, second.Address, first.Bytes);
        Stream.CopyToHost(second.Address, (void*)target.Address, second.Bytes);
        Stream.Synchronize();

        Assert.IsTrue(source.AsSpan<int>().SequenceEqual(target.AsSpan<int>()));
    }

    [TestMethod]
    public void FillRows_OfAMatrix_LeavesWhatIsBetween()
    {
        using CudaBuffer buffer = Upload<byte>([1, 2, 3, 4, 5, 6, 7]);

        Stream.FillRows(buffer.Address + 1, 9, pitch: 3, width: 2, rows: 2);

        CollectionAssert.AreEqual(new byte[] { 1, 9, 9, 4, 9, 9, 7 }, Download<byte>(buffer, 7));
    }

    [TestMethod]
    public void Fill_Part_LeavesTheRest()
    {
        using CudaBuffer buffer = Upload<byte>([1, 2, 3, 4]);

        Stream.Fill(buffer.Address + 1, 9, 2);

        CollectionAssert.AreEqual(new byte[] { 1, 9, 9, 4 }, Download<byte>(buffer, 4));
    }

    [TestMethod]
    public void Allocate_MoreThanThereIs_SaysHowMuchIsFree()
    {
        long tooMuch = Context.Properties.Memory + (1L << 30);

        var error = Assert.ThrowsExactly<InsufficientMemoryException>(() => new CudaBuffer(Context, tooMuch));

        StringAssert.Contains(error.Message, $"{tooMuch:N0} bytes");
        StringAssert.Contains(error.Message, "smaller batch");
    }

    [TestMethod]
    public void Address_AfterDispose_Throws()
    {
        var buffer = new CudaBuffer(Context, 16);
        var pinned = new PinnedBuffer(Context, 16);
        buffer.Dispose();
        pinned.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => buffer.Address);
        Assert.ThrowsExactly<ObjectDisposedException>(() => pinned.Address);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new CudaBuffer(Context, 0));
    }
}
