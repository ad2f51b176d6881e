using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>What a store takes, refuses and gives back.</summary>
[TestClass]
public sealed class RowStoreEdgeTests
{
    [TestMethod]
    [DataRow(false, 212)] // 100 halves in rows of 104, a label
    [DataRow(true, 216)] // and a weight
    public void Bytes_OfAChunk_CountWeightsOnlyWhereThereAreSome(bool hasWeights, int bytesOfRow)
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float16, 100, hasWeights);
        store.Append(new float[100], 0, 1f);

        Assert.AreEqual(4096 * bytesOfRow, store.Bytes);
    }

    /// <summary>So many rows cannot be appended in a test; the count can.</summary>
    [TestMethod]
    public void OneMore_ThanAnArrayCanNumber_IsRefused()
    {
        Assert.AreEqual(Array.MaxLength, RowStore.OneMore(Array.MaxLength - 1));

        string message = Assert.ThrowsExactly<InvalidOperationException>(() => RowStore.OneMore(Array.MaxLength)).Message;

        StringAssert.Contains(message, "more than 2,147,483,591 rows");
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(2)]
    public void Targets_OfARowThatIsNone_AreRefused(int row)
    {
        using var device = new CpuDevice(1);
        using RowStore store = TwoRows(device);

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => store.Targets(row)[0]);
    }

    [TestMethod]
    public void Gather_IntoRoomForFewerWeights_IsRefused()
    {
        using var device = new CpuDevice(1);
        using RowStore store = TwoRows(device);
        var x = new Tensor(0, NumericFormat.Float32, 2, 3, 4);

        string message = Assert.ThrowsExactly<ArgumentException>(() => store.Gather([0, 1], x, new int[2], new float[1])).Message;

        StringAssert.Contains(message, "room for 2 target words and 1 weights; 2 rows of 1 with weights");
    }

    /// <summary>The limit holds the first chunk; the second one's segment of the file is written in full.</summary>
    [TestMethod]
    public void Append_BeyondTheLimit_GoesToAFileThatGoesWithTheStore()
    {
        using var folder = new TemporaryFolder();
        using var device = new CpuDevice(1);
        var store = new RowStore(
            device,
            NumericFormat.Float32,
            100_000,
            hasWeights: false,
            limit: new StoreLimit(ChunkLayout.MostBytes, folder.File("")));
        float[] features = [.. Enumerable.Repeat(2f, 100_000)];
        for (int row = 0; row < store.ChunkRows; row++)
        {
            store.Append(features, 1, 1f);
        }

        Assert.AreEqual(0, store.FileBytes);
        store.Append(features, 7, 1f);

        Assert.AreEqual(64L << 20, store.FileBytes);
        Assert.AreEqual(7, store.Targets(store.ChunkRows)[0]);
        DeviceMemory[] chunks = [.. store.Chunks];
        store.Dispose();
        Assert.HasCount(2, chunks);
        Assert.IsTrue(chunks.All(IsGone));
    }

    private static bool IsGone(DeviceMemory memory)
    {
        try
        {
            return memory.Address == 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static RowStore TwoRows(CpuDevice device)
    {
        var store = new RowStore(device, NumericFormat.Float32, 3, hasWeights: true);
        store.Append([1f, 2f, 3f], 0, 1f);
        store.Append([4f, 5f, 6f], 1, 2f);
        return store;
    }
}
