using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Rows go in one by one and come out gathered, whatever chunk they lie in.</summary>
[TestClass]
public sealed unsafe class RowStoreTests
{
    public static IEnumerable<object[]> Cases =>
        from format in Enum.GetValues<NumericFormat>()
        from features in new[] { 1, 7, 8, 9, 100, 70_000, 300_000 }
        from hasWeights in new[] { false, true }
        select new object[] { format, features, hasWeights };

    /// <summary>A card has the chunks end to end and copies 16 bytes at a time: each must begin aligned, whatever a row takes.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32, 100_000, 1)]
    [DataRow(NumericFormat.Float16, 200_000, 1)]
    [DataRow(NumericFormat.BFloat16, 7, 3)]
    public void Append_AnyRow_ChunksAreMultiplesOf256Bytes(NumericFormat format, int features, int targets)
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, format, features, hasWeights: false, targets);
        for (int row = 0; row < 5; row++)
        {
            store.Append(new float[features], new float[targets], 1f);
        }

        Assert.IsTrue(store.Chunks.All(chunk => chunk.Bytes % 256 == 0));
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Gather_OfRowsFromAllChunks_GivesWhatWasAppended(NumericFormat format, int features, bool hasWeights)
    {
        using var device = new CpuDevice(threads: 3);
        using var store = new RowStore(device, format, features, hasWeights);
        int rows = Math.Min(store.ChunkRows + 3, 2 + (4_000_000 / features));
        Fill(store, rows);
        int[] wanted = [rows - 1, 0, rows / 2, 0, Math.Min(store.ChunkRows, rows - 1), 1];

        AssertGathers(store, device, wanted, store.Format);
        AssertGathers(store, device, wanted, NumericFormat.Float32);
        Assert.AreEqual(rows, store.Rows);
    }

    [TestMethod]
    public void Bytes_OfStore_AreWholeChunks()
    {
        using var device = new CpuDevice(threads: 1);
        using var store = new RowStore(device, NumericFormat.Float16, 100, hasWeights: true);
        // 100 halves in rows of 104, a label, a weight: 216 bytes; 2^20 / 216 = 4854 rows, rounded down to 4096.
        Assert.AreEqual(4096, store.ChunkRows);
        Assert.AreEqual(0, store.Bytes);

        Fill(store, 1);
        Assert.AreEqual(4096 * 216, store.Bytes);
        Fill(store, 4096);
        Assert.AreEqual(2 * 4096 * 216, store.Bytes);
    }

    [TestMethod]
    public void Append_OfValuesBetweenTwoHalves_RoundsToNearestEven()
    {
        using var device = new CpuDevice(threads: 1);
        using var store = new RowStore(device, NumericFormat.Float16, 3, hasWeights: false);
        store.Append([2049f, 2051f, 65504f], 0, 1);

        CollectionAssert.AreEqual(new[] { 2048f, 2052f, 65504f }, Gathered(store, device, [0], NumericFormat.Float32, out _, out _));
    }

    [TestMethod]
    public void Gather_OfManyRows_AllocatesNothing()
    {
        using var device = new CpuDevice(threads: 2);
        using var store = new RowStore(device, NumericFormat.BFloat16, 64, hasWeights: true);
        Fill(store, 5000);
        int[] rows = [.. Enumerable.Range(0, 4096)];
        var labels = new int[rows.Length];
        var weights = new float[rows.Length];
        using DeviceMemory memory = device.Allocate(rows.Length * 64 * 2);
        var x = new Tensor(memory.Address, NumericFormat.BFloat16, rows.Length, 64, 64);
        store.Gather(rows, x, labels, weights);

        long before = GC.GetAllocatedBytesForCurrentThread();
        store.Gather(rows, x, labels, weights);

        Assert.AreEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Append_AndGather_OfWrongShapes_Refuse()
    {
        using var device = new CpuDevice(threads: 1);
        using var store = new RowStore(device, NumericFormat.Float16, 4, hasWeights: false);
        Fill(store, 2);

        Assert.ThrowsExactly<ArgumentException>(() => store.Append(new float[3], 0, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Gathered(store, device, [2], NumericFormat.Float16, out _, out _));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Gathered(store, device, [-1], NumericFormat.Float16, out _, out _));
        Assert.ThrowsExactly<ArgumentException>(() => Gathered(store, device, [0], NumericFormat.BFloat16, out _, out _));
        Assert.ThrowsExactly<ArgumentException>(
            () => store.Gather([0, 1], new Tensor(0, NumericFormat.Float16, 1, 4, 8), new int[2], default));
        Assert.ThrowsExactly<ArgumentException>(
            () => store.Gather([0], new Tensor(0, NumericFormat.Float16, 1, 4, 8), new int[1], new float[1]),
            "there are no weights");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RowStore(device, NumericFormat.Float32, 0, hasWeights: false));
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 1)]
    [DataRow(NumericFormat.Float16, 3)]
    [DataRow(NumericFormat.BFloat16, 37)]
    public void Gather_OfThreeNumbersARow_GivesTheirBitsFromAllChunks(NumericFormat format, int features)
    {
        using var device = new CpuDevice(threads: 3);
        using var store = new RowStore(device, format, features, hasWeights: true, targetWords: 3);
        int rows = (2 * store.ChunkRows) + 3;
        for (int row = 0; row < rows; row++)
        {
            store.Append([.. Enumerable.Range(0, features).Select(column => Value(row, column))], Targets(row), row * 0.5f);
        }

        int[] wanted = [.. Enumerable.Range(0, rows).Reverse()];
        float[] x = Gathered(store, device, wanted, store.Format, out int[] targets, out float[] weights);

        Assert.HasCount(3, store.Chunks);
        for (int i = 0; i < rows; i++)
        {
            CollectionAssert.AreEqual(
                Targets(wanted[i]).Select(BitConverter.SingleToInt32Bits).ToArray(),
                targets[(3 * i)..((3 * i) + 3)],
                $"targets of row {wanted[i]}");
            Assert.AreEqual(wanted[i] * 0.5f, weights[i]);
            Assert.AreEqual(Value(wanted[i], features - 1), x[(i * features) + features - 1]);
        }

        static float[] Targets(int row) => [row + 0.1f, -row / 3f, row % 100 == 0 ? float.NaN : 1e30f];
    }

    [TestMethod]
    public void Append_WrongCountOfTargets_NamesBothNumbers()
    {
        using var device = new CpuDevice(threads: 1);
        using RowStore three = new(
            device,
            NumericFormat.Float32,
            2,
            hasWeights: true,
            targetWords: 3), one = new(device, NumericFormat.Float32, 2, hasWeights: true);

        StringAssert.Contains(Refusal(() => three.Append([1f, 2f], [1f, 2f], 1f)), "The row has 2 targets; this store takes 3.");
        StringAssert.Contains(Refusal(() => three.Append([1f, 2f], [1f, 2f, 3f, 4f], 1f)), "The row has 4 targets; this store takes 3.");
        StringAssert.Contains(Refusal(() => three.Append([1f, 2f], 1, 1f)), "The row has 1 targets; this store takes 3.");
        StringAssert.Contains(Refusal(() => one.Append([1f, 2f], [1f, 2f], 1f)), "The row has 2 targets; this store takes 1.");
        Assert.AreEqual(0, three.Rows + one.Rows);
        three.Append([1f, 2f], [1f, 2f, 3f], 1f);
        StringAssert.Contains(Refusal(() => three.Gather([0], new Tensor(0, NumericFormat.Float32, 1, 2, 4), new int[2], default)),
            "room for 2 target words and 0 weights; 1 rows of 3");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => new RowStore(device, NumericFormat.Float32, 2, hasWeights: false, targetWords: 0));

        static string Refusal(Action action) => Assert.ThrowsExactly<ArgumentException>(action).Message;
    }

    [TestMethod]
    public void Dispose_OfStore_EndsIt()
    {
        using var device = new CpuDevice(threads: 1);
        var store = new RowStore(device, NumericFormat.Float32, 4, hasWeights: false);
        Fill(store, 2);

        store.Dispose();
        store.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => store.Append(new float[4], 0, 1));
        Assert.ThrowsExactly<ObjectDisposedException>(() => store.Gather([0], default, new int[1], default));
    }

    private static void Fill(RowStore store, int rows)
    {
        var features = new float[store.Features];
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < features.Length; i++)
            {
                features[i] = Value(row, i);
            }

            store.Append(features, row % 5, row * 0.5f);
        }
    }

    // Whole numbers up to 255 are exact in every format.
    private static float Value(int row, int column) => ((row * 31) + (column * 7)) % 256;

    private static void AssertGathers(RowStore store, CpuDevice device, int[] rows, NumericFormat format)
    {
        float[] x = Gathered(store, device, rows, format, out int[] labels, out float[] weights);

        for (int i = 0; i < rows.Length; i++)
        {
            Assert.AreEqual(rows[i] % 5, labels[i]);
            Assert.AreEqual(store.HasWeights ? rows[i] * 0.5f : 0, weights.ElementAtOrDefault(i));
            for (int column = 0; column < store.Features; column++)
            {
                if (x[(i * store.Features) + column] != Value(rows[i], column))
                {
                    Assert.Fail($"Row {rows[i]}, column {column}: {x[(i * store.Features) + column]}, not {Value(rows[i], column)}");
                }
            }
        }
    }

    private static float[] Gathered(
        RowStore store,
        CpuDevice device,
        int[] rows,
        NumericFormat format,
        out int[] labels,
        out float[] weights)
    {
        int pitch = Tensor.PitchOf(store.Features, format) + 16;
        using DeviceMemory memory = device.Allocate((long)rows.Length * pitch * format.BytesPerElement());
        var x = new Tensor(memory.Address, format, rows.Length, store.Features, pitch);
        labels = new int[rows.Length * store.TargetWords];
        weights = store.HasWeights ? new float[rows.Length] : [];
        store.Gather(rows, x, labels, weights);

        var values = new float[(long)rows.Length * pitch];
        fixed (float* to = values)
        {
            FormatConversion.ToFloat32(SimdPath.Portable, format.Storage(), (void*)memory.Address, to, values.Length);
        }

        for (int row = 0; row < rows.Length; row++)
        {
            Assert.IsTrue(
                values.AsSpan((row * pitch) + store.Features, pitch - store.Features).IndexOfAnyExcept(0f) < 0,
                "the padding must stay zero");
        }

        return [.. Enumerable.Range(0, rows.Length).SelectMany(row => values.AsSpan(row * pitch, store.Features).ToArray())];
    }
}
