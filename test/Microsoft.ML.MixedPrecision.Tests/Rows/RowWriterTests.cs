using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>What a store of several columns takes, refuses and counts.</summary>
[TestClass]
public sealed class RowWriterTests : IDisposable
{
    private const int Tokens = 4;
    private readonly CpuDevice _device = new(2);

    private static readonly RowSchema Tagged = new(
        SchemaColumn.Ids("ids", new Shape(Tokens, 1), 10),
        SchemaColumn.Lengths("length", Tokens),
        SchemaColumn.Classes(new Shape(Tokens, 1), 3).WithLengths("length"));

    public void Dispose() => _device.Dispose();

    /// <summary>Padding is looked up and so checked; the target behind the length is never looked at.</summary>
    [TestMethod]
    [DataRow(new[] { 1, 9, 0, 10 }, 2, new[] { 0, 0, 0, 0 }, "Row 1 (counted from 0), column 'ids', holds 10 at 3; allowed is 0 to 9.")]
    [DataRow(new[] { -1, 9, 0, 0 }, 2, new[] { 0, 0, 0, 0 }, "Row 1 (counted from 0), column 'ids', holds -1 at 0; allowed is 0 to 9.")]
    [DataRow(new[] { 1, 9, 0, 0 }, 5, new[] { 0, 0, 0, 0 }, "Row 1 (counted from 0), column 'length', holds 5; allowed is 0 to 4.")]
    [DataRow(new[] { 1, 9, 0, 0 }, -1, new[] { 0, 0, 0, 0 }, "column 'length', holds -1; allowed is 0 to 4.")]
    [DataRow(new[] { 1, 9, 0, 0 }, 2, new[] { 0, 3, 0, 0 }, "Row 1 (counted from 0), column 'target', holds 3 at 1; allowed is 0 to 2.")]
    [DataRow(new[] { 1, 9, 0, 0 }, 2, new[] { 2, 0, 3, -1 }, null)]
    [DataRow(new[] { 1, 9, 0, 0 }, 0, new[] { 9, 9, 9, 9 }, null)]
    public void Commit_IdsLengthsAndClasses_AreBelowTheirLimits(int[] ids, int length, int[] target, string? error)
    {
        using var store = new RowStore(_device, Tagged);
        Append(store, [0, 0, 0, 0], 1, [0, 0, 0, 0]);

        if (error is null)
        {
            Append(store, ids, length, target);
            Assert.AreEqual(2, store.Rows);
            return;
        }

        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Append(store, ids, length, target)).Message, error);
        Assert.AreEqual(1, store.Rows);

        // The next row begins with zeros, not with what was refused.
        store.BeginRow().Commit();
        CollectionAssert.AreEqual(new int[Tokens], store.Targets(1).ToArray());
    }

    [TestMethod]
    public void Append_ClassAtItsLimit_NamesTheRow()
    {
        using var store = new RowStore(_device, new RowSchema(
            SchemaColumn.Numbers("features", NumericFormat.Float32, Shape.Vector(2)),
            SchemaColumn.Classes(Shape.Vector(1), 3)));
        store.Append([1, 2], 2, 1);

        string message = Assert.ThrowsExactly<InvalidOperationException>(() => store.Append([1, 2], 3, 1)).Message;

        StringAssert.Contains(message, "Row 1 (counted from 0), column 'target', holds 3; allowed is 0 to 2.");
        Assert.AreEqual(1, store.Rows);
    }

    [TestMethod]
    public void Append_OfOtherRowsThanTheStoreHas_SaysWhich()
    {
        using var tagged = new RowStore(_device, Tagged);
        using RowStore classes = new(_device, NumericFormat.Float32, 2, hasWeights: false), numbers = new(
            _device,
            NumericFormat.Float32,
            2,
            hasWeights: false,
            targetWords: 1);

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => tagged.Append([], 0, 1)).Message,
            "no rows of a table but have 'ids': (4, 1) words of Int32; 'length': 1 words of Int32");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => classes.Append([1, 2], [1f], 1)).Message, "takes a class");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => numbers.Append([1, 2], 1, 1)).Message, "takes numbers");
    }

    [TestMethod]
    public void Writer_OfAnotherKindOrSize_IsRefused()
    {
        using var store = new RowStore(_device, new RowSchema(
            SchemaColumn.Numbers("x", NumericFormat.Float16, new Shape(2, 3)),
            SchemaColumn.Bytes("pixels", Shape.Vector(5)),
            SchemaColumn.Weights()));

        Assert.ThrowsExactly<ArgumentException>(() => store.BeginRow().Numbers(0, new float[5]));
        Assert.ThrowsExactly<ArgumentException>(() => store.BeginRow().Numbers(2, new float[1]));
        Assert.ThrowsExactly<ArgumentException>(() => store.BeginRow().Words<float>(0)[0]);
        Assert.ThrowsExactly<ArgumentException>(() => store.BeginRow().Words<int>(2)[0]);
        Assert.ThrowsExactly<ArgumentException>(() => store.BeginRow().Words<sbyte>(1)[0]);
        Assert.AreEqual(5, store.BeginRow().Words<byte>(1).Length);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => store.Schema.IndexOf("y")).Message,
            "no column 'y'; the rows have 'x': (2, 3) numbers in Float16; 'pixels': 5 words of Byte; 'weight': 1 words of Float32");
    }

    [TestMethod]
    public void Commit_Twice_CountsOnce()
    {
        using var store = new RowStore(_device, Tagged);

        Assert.ThrowsExactly<InvalidOperationException>(() =>
        {
            RowWriter writer = store.BeginRow();
            writer.Commit();
            writer.Commit();
        });

        Assert.AreEqual(1, store.Rows);
    }

    /// <summary>Rows; for sequences their steps; of labelled tokens those that are real.</summary>
    [TestMethod]
    public void PositionsOf_Rows_CountsWhatIsLabelled()
    {
        using RowStore table = new(_device, NumericFormat.Float32, 2, hasWeights: false, targetWords: 3), tagged = new(_device, Tagged);
        using var steps = new RowStore(_device, new RowSchema(SchemaColumn.Targets(new Shape(5, 2))));
        foreach (int length in new[] { 4, 0, 3, 1 })
        {
            Append(tagged, new int[Tokens], length, new int[Tokens]);
        }

        Assert.AreEqual(6, tagged.PositionsOf([2, 1, 2]));
        Assert.AreEqual(8, tagged.PositionsOf([0, 1, 2, 3]));
        Assert.AreEqual(3, table.PositionsOf([0, 0, 0]));
        Assert.AreEqual(10, steps.PositionsOf([0, 0]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tagged.PositionsOf([4]));
        Assert.ThrowsExactly<ArgumentException>(() => tagged.PositionsOf([0], "label"));
    }

    /// <summary>Each channel over all steps of all rows: a further column of numbers is measured and scaled like features, and what stands
    /// beside it is kept.</summary>
    [TestMethod]
    public void Scale_OfASequence_ScalesEachChannelAlike()
    {
        const int Steps = 3, Channels = 2, Rows = 40_000;
        using var store = new RowStore(_device, new RowSchema(
            SchemaColumn.Bytes("pixels", Shape.Vector(3)),
            SchemaColumn.Numbers("series", NumericFormat.Float32, new Shape(Steps, Channels)),
            SchemaColumn.Targets(Shape.Vector(1))));
        static float Value(int row, int element) => ((row * 7) + (element * 13)) % 101 * (element % Channels == 0 ? 1 : 0.01f);
        for (int row = 0; row < Rows; row++)
        {
            RowWriter writer = store.BeginRow();
            writer.Words<byte>(0).Fill((byte)row);
            writer.Numbers(1, [.. Enumerable.Range(0, Steps * Channels).Select(element => Value(row, element))]);
            writer.Words<float>(2)[0] = row;
            writer.Commit();
        }

        var scaler = new FeatureScaler("series", Channels);
        FeatureStatistics.Measure(store, Examples.Rows(Rows), isSparse: false, scaler, "series");
        for (int channel = 0; channel < Channels; channel++)
        {
            double[] all = [
                .. from row in Enumerable.Range(0, Rows)
                   from step in Enumerable.Range(0, Steps)
                   select (double)Value(row, (step * Channels) + channel)];
            double mean = all.Average(), deviation = Math.Sqrt(all.Average(value => (value - mean) * (value - mean)));
            Assert.AreEqual(mean, scaler.Shift.Values[channel], mean * 1e-6);
            Assert.AreEqual(1 / deviation, scaler.Factor.Values[channel], 1e-6 / deviation);
        }

        Assert.IsNull(store.Prepare(new(null, scaler), NumericFormat.Float16, "series"));

        Assert.AreEqual(NumericFormat.Float16, store.Schema.Columns[1].Format);
        Assert.IsGreaterThan(1, store.Chunks.Count);
        AssertScaled(store, scaler, Value, [0, 1, Rows / 2, Rows - 1]);
    }

    private static unsafe void AssertScaled(RowStore store, FeatureScaler scaler, Func<int, int, float> value, int[] rows)
    {
        Shape shape = store.Schema.Columns[1].Shape;
        float[] actual = new float[rows.Length * shape.Rows * 4], targets = new float[rows.Length];
        byte[] pixels = new byte[rows.Length * 3];
        fixed (float* x = actual, y = targets)
        fixed (byte* z = pixels)
        {
            store.Gather(
                rows,
                [
                    new RowDestination(1, new Tensor((nint)x, NumericFormat.Float32, rows.Length * shape.Rows, shape.Columns, 4)),
                    new RowDestination(2, new Words((nint)y, ElementKind.Float32, rows.Length, 1)),
                    new RowDestination(0, new Words((nint)z, ElementKind.Byte, rows.Length, 3)),
                ]);
        }

        for (int i = 0; i < rows.Length; i++)
        {
            for (int element = 0; element < shape.Rows * shape.Columns; element++)
            {
                int channel = element % shape.Columns;
                float centred = value(rows[i], element) - scaler.Shift.Values[channel];
                Assert.AreEqual(
                    (float)ReferenceRounding.Round(NumericFormat.Float16, centred * scaler.Factor.Values[channel]),
                    actual[(((i * shape.Rows) + (element / shape.Columns)) * 4) + channel]);
            }

            Assert.AreEqual(rows[i], targets[i]);
            Assert.AreEqual((byte)rows[i], pixels[3 * i]);
        }
    }

    private static void Append(RowStore store, int[] ids, int length, int[] target)
    {
        RowWriter writer = store.BeginRow();
        ids.CopyTo(writer.Words<int>(0));
        writer.Words<int>(1)[0] = length;
        target.CopyTo(writer.Words<int>(2));
        writer.Commit();
    }
}
