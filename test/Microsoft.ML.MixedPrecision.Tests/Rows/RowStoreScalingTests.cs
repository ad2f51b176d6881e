using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Rows that are scaled in their store and brought to the format that the network reads.</summary>
[TestClass]
public sealed class RowStoreScalingTests
{
    private const int Features = 5;

    /// <summary>Every row of several chunks: (x − shift)·factor in Float32, rounded once; labels and weights as they were; in place where
    /// the format stays.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32)]
    [DataRow(NumericFormat.Float16)]
    [DataRow(NumericFormat.BFloat16)]
    public void Scale_ToAFormat_RoundsTheScaledValueOnce(NumericFormat format)
    {
        using var device = new CpuDevice(2);
        const int Rows = 50_000;
        using RowStore store = Filled(device, Rows, null);
        FeatureScaler scaler = Scaler();

        Assert.IsNull(store.Prepare(new(null, scaler), format));

        Assert.AreEqual((format, Rows), (store.Format, store.Rows));
        Assert.IsGreaterThan(1, store.Chunks.Count);
        using DeviceMemory memory = device.Allocate(64 * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, 1, Features, 16);
        int[] target = new int[1];
        float[] weight = new float[1];
        for (int row = 0; row < Rows; row += row < 10 ? 1 : 997)
        {
            store.Gather([row], x, target, weight);
            float[] raw = Row(row), actual = ScoringSession.RowOf(x, 0).ToArray();
            for (int j = 0; j < Features; j++)
            {
                float centred = raw[j] - scaler.Shift.Values[j];
                Assert.AreEqual(
                    (float)ReferenceRounding.Round(format, centred * scaler.Factor.Values[j]),
                    actual[j],
                    $"row {row}, feature {j}");
            }

            Assert.AreEqual((row % 3, 0.5f + (row % 7)), (target[0], weight[0]));
        }
    }

    /// <summary>Rows with indicators are longer, so that a new chunk holds fewer of them than the old one, which is read to its end before
    /// it is freed; in memory, and beyond the limit in a file.</summary>
    [TestMethod]
    [DataRow(NumericFormat.Float32, false)]
    [DataRow(NumericFormat.Float32, true)]
    [DataRow(NumericFormat.BFloat16, false)]
    public void Prepare_WithIndicators_MakesRowsLonger(NumericFormat format, bool inFile)
    {
        const int Rows = 90_000, Given = 4;
        using var device = new CpuDevice(2);
        using var store = new RowStore(
            device, NumericFormat.Float32, Given, hasWeights: false, limit: inFile ? new StoreLimit(0, Path.GetTempPath()) : null);
        float[] Raw(int row) => [row % 128, row % 3 == 0 ? float.NaN : row % 64, 2, row % 5 == 0 ? float.NaN : 1];
        for (int row = 0; row < Rows; row++)
        {
            store.Append(Raw(row), row % 3, 1);
        }

        int before = store.ChunkRows;
        var gaps = new GapFiller("features", Given, [0, 1, 2, 3]);
        gaps.Fill.Values[1] = 7;
        Assert.IsNull(store.Prepare(new(gaps, null), format));

        Assert.AreEqual((8, format, Rows), (store.Features, store.Format, store.Rows));
        Assert.AreEqual(format == NumericFormat.Float32, store.ChunkRows < before, "the test needs shorter chunks");
        using DeviceMemory memory = device.Allocate(64 * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, 1, 8, 16);
        int[] target = new int[1];
        for (int row = 0; row < Rows; row += row % 16_384 < 3 || row > Rows - 5 ? 1 : 61)
        {
            store.Gather([row], x, target, []);
            float[] raw = Raw(row);
            CollectionAssert.AreEqual(
                new[]
                {
                    raw[0], float.IsNaN(raw[1]) ? 7 : raw[1], 2, float.IsNaN(raw[3]) ? 0 : 1, 0, float.IsNaN(raw[1]) ? 1 : 0, 0,
                    float.IsNaN(raw[3]) ? 1 : 0,
                },
                ScoringSession.RowOf(x, 0).ToArray(),
                $"row {row}");
            Assert.AreEqual(row % 3, target[0]);
        }
    }

    /// <summary>Float32 rows that fill the limit leave room as they are freed: 16-bit ones need no file, and what they do not take is there
    /// again.</summary>
    [TestMethod]
    public void Scale_WithinTheLimit_FreesAsItGoes()
    {
        using var device = new CpuDevice(2);
        long bytes;
        using (RowStore measure = Filled(device, 60_000, null))
        {
            bytes = measure.Bytes;
        }

        var limit = new StoreLimit(bytes, Path.GetTempPath());
        using RowStore store = Filled(device, 60_000, limit);

        store.Prepare(new(null, Scaler()), NumericFormat.Float16);

        Assert.AreEqual(0, store.FileBytes);
        Assert.IsTrue(limit.TryTake(bytes - store.Bytes));
        Assert.IsFalse(limit.TryTake(1));
    }

    [TestMethod]
    public void Scale_BeyondTheLimit_UsesAFileForWhatIsLeft()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Filled(device, 60_000, new StoreLimit(0, Path.GetTempPath())), inMemory = Filled(device, 60_000, null);
        long before = store.FileBytes;

        store.Prepare(new(null, Scaler()), NumericFormat.Float16);
        inMemory.Prepare(new(null, Scaler()), NumericFormat.Float16);

        Assert.IsGreaterThan(0, store.FileBytes);
        Assert.IsLessThanOrEqualTo(before, store.FileBytes);
        Assert.AreEqual(inMemory.Bytes, store.Bytes);
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 3.4e38f)]
    [DataRow(NumericFormat.Float16, 20000f)]
    public void Scale_BeyondTheFormat_GivesTheFirstRowAsItWas(NumericFormat format, float outlier)
    {
        using var device = new CpuDevice(2);
        using var store = new RowStore(device, NumericFormat.Float32, Features, hasWeights: false);
        for (int row = 0; row < 30_000; row++)
        {
            float[] values = Row(row);
            values[3] = row is 12_345 or 12_346 or 29_000 ? outlier : values[3];
            store.Append(values, 0, 1);
        }

        Assert.AreEqual(new Extreme(outlier, 12_345, 3), store.Prepare(new(null, Scaler()), format));
    }

    private static FeatureScaler Scaler()
    {
        var scaler = new FeatureScaler("features", Features);
        float[] shift = [1e6f, -3, 0, 0.25f, 7], factor = [0.01f, 1 / 3f, 1, 1000 / 7f, 1];
        shift.CopyTo(scaler.Shift.Values, 0);
        factor.CopyTo(scaler.Factor.Values, 0);
        return scaler;
    }

    private static float[] Row(int row) => [1e6f + (row % 1013), (row % 29) / 7f, -row / 60_000f, (row % 17) / 16f, 7];

    private static RowStore Filled(CpuDevice device, int rows, StoreLimit? limit)
    {
        var store = new RowStore(device, NumericFormat.Float32, Features, hasWeights: true, limit: limit);
        for (int row = 0; row < rows; row++)
        {
            store.Append(Row(row), row % 3, 0.5f + (row % 7));
        }

        return store;
    }
}
