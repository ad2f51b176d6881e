using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Rows that keep what is not 0: what comes in comes out, and takes no more room than it needs.</summary>
[TestClass]
public sealed class SparseStoreTests
{
    private const int Slots = 1_000_000;

    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    [DataRow(NumericFormat.BFloat16)]
    public unsafe void Gather_OfRowsInAnyOrder_GivesTheirEntriesAndNoneBehind(NumericFormat format)
    {
        using var device = new CpuDevice(2);
        (int[] Slots, float[] Values)[] rows = Rows(400, most: 900);
        using RowStore store = Store(device, format, rows);
        int[] order = [.. Enumerable.Range(0, 200).Select(i => (i * 37) % rows.Length)];
        using DeviceMemory memory = device.Allocate((long)order.Length * store.LongestRow * SparseEntry.Bytes);
        var words = new Words(memory.Address, ElementKind.Entry, order.Length, store.LongestRow);

        store.Gather(order, [new RowDestination(store.Schema.IndexOf(RowSchema.Features), words)]);

        Assert.AreEqual(rows.Max(row => row.Slots.Length), store.LongestRow);
        Span<SparseEntry> all = words.Span<SparseEntry>();
        for (int i = 0; i < order.Length; i++)
        {
            (int[] slots, float[] values) = rows[order[i]];
            for (int j = 0; j < store.LongestRow; j++)
            {
                SparseEntry entry = all[(i * store.LongestRow) + j];
                Assert.AreEqual(j < slots.Length ? slots[j] : -1, entry.Slot, $"row {i}, entry {j}");
                if (j < slots.Length)
                {
                    Assert.AreEqual((float)Reference.ReferenceRounding.Round(format, values[j]), entry.Value);
                }
            }
        }
    }

    /// <summary>A dense row would take 4 MB; all of them in Float32 1.6 GB.</summary>
    [TestMethod]
    public void Bytes_OfRowsOfAMillionSlots_AreThoseOfTheirEntries()
    {
        using var device = new CpuDevice(1);
        (int[] Slots, float[] Values)[] rows = Rows(400, most: 900);
        using RowStore store = Store(device, NumericFormat.Float32, rows);

        Assert.IsLessThan((8L * rows.Sum(row => row.Slots.Length)) + (3 << 20), store.Bytes);
        Assert.AreEqual(0, store.Features);
    }

    [TestMethod]
    public void Append_WithAMemoryLimit_GoesOnInAFile()
    {
        using var device = new CpuDevice(1);
        (int[] Slots, float[] Values)[] rows = Rows(400, most: 900);
        var schema = RowSchema.SparseTable(NumericFormat.Float32, Slots, hasWeights: false, targetNumbers: null);
        using var store = new RowStore(device, schema, new StoreLimit(0, Path.GetTempPath()));
        Append(store, rows);
        using RowStore inMemory = Store(device, NumericFormat.Float32, rows);

        Assert.IsGreaterThan(0, store.FileBytes);
        Assert.AreEqual(inMemory.Digest(), store.Digest());
    }

    [TestMethod]
    public void Digest_OfAnotherNumberSlotOrCount_IsAnother()
    {
        using var device = new CpuDevice(1);
        string[] digests =
        [
            .. new (int[] Slots, float[] Values)[][]
            {
                [([1, 5], [1, 2]), ([7], [3])], [([1, 5], [1, 2.5f]), ([7], [3])], [([1, 6], [1, 2]), ([7], [3])],
                [([1], [1]), ([5, 7], [2, 3])], [([1, 5, 7], [1, 2, 3]), ([], [])],
            }.Select(rows =>
            {
                using RowStore store = Store(device, NumericFormat.Float32, rows);
                return store.Digest();
            }),
        ];

        CollectionAssert.AllItemsAreUnique(digests);
    }

    [TestMethod]
    [DataRow(new[] { 3, 3 }, "holds slot 3 at 1")]
    [DataRow(new[] { 5, 2 }, "holds slot 2 at 1")]
    [DataRow(new[] { Slots }, "holds slot 1000000 at 0")]
    [DataRow(new[] { -1 }, "holds slot -1 at 0")]
    public void Append_OfSlotsThatAreNone_SaysWhere(int[] slots, string part)
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, NumericFormat.Float32, Rows(2, most: 4));

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => store.Append(new RowFeatures(slots, new float[slots.Length]), 0, 1));

        StringAssert.Contains(error.Message, "Row 2 (counted from 0), column 'features', " + part);
        Assert.AreEqual(2, store.Rows);
    }

    [TestMethod]
    public void Append_OfTheOtherKindOfRow_SaysWhatTheStoreTakes()
    {
        using var device = new CpuDevice(1);
        using RowStore sparse = Store(device, NumericFormat.Float32, []), dense = new(device, NumericFormat.Float32, 3, hasWeights: false);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => sparse.Append([1f], 0, 1)).Message, "The row is dense; this store takes");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => dense.Append(new RowFeatures([1], [1f]), 0, 1)).Message,
            "The row is sparse; this store takes");
    }

    private static RowStore Store(CpuDevice device, NumericFormat format, (int[] Slots, float[] Values)[] rows)
    {
        var store = new RowStore(device, RowSchema.SparseTable(format, Slots, hasWeights: false, targetNumbers: null));
        Append(store, rows);
        return store;
    }

    private static void Append(RowStore store, (int[] Slots, float[] Values)[] rows)
    {
        foreach ((int[] slots, float[] values) in rows)
        {
            store.Append(new RowFeatures(slots, values), slots.Length, 1);
        }
    }

    /// <summary>More entries than a chunk of memory has, so that rows lie across its end.</summary>
    private static (int[] Slots, float[] Values)[] Rows(int count, int most)
    {
        var random = new Random(3);
        return
        [
            .. Enumerable.Range(0, count).Select(row =>
            {
                int entries = row % 5 == 1 ? 0 : random.Next(most);
                int[] slots = [.. Enumerable.Range(0, entries).Select(_ => random.Next(Slots)).Distinct().Order()];
                return (slots, Array.ConvertAll(slots, _ => random.NextSingle() - 0.5f));
            }),
        ];
    }
}
