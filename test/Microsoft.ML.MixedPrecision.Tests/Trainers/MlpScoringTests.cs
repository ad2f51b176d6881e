using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>The batched view against the row mapper, and how cursors may be used.</summary>
[TestClass]
public sealed class MlpScoringTests
{
    private const int Count = 2500;
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Blob[] Rows = Blob.Rows(Count, seed: 2);
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Rows);
    private static readonly TransformerChain<ITransformer> Model = Blob.Pipeline(Ml).Fit(Ml.Data.LoadFromEnumerable(Blob.Rows(300)));
    private static readonly uint[] Bulk = Scores.BitsOf(Model.Transform(Test));

    private static NetworkMulticlassTransformer Ours => Model.OfType<NetworkMulticlassTransformer>().Single();

    [TestMethod]
    [DataRow(64, 10, 1024)]
    [DataRow(16384, 10, 1024)]
    [DataRow(10, 16385, 1023)]
    [DataRow(100_000, 2, 167)]
    [DataRow(20_000_000, 2, 1)]
    public void RowsOfBatch_OfWideRows_StaysWithin64MiB(int inputs, int classes, int expected)
        => Assert.AreEqual(expected, ScoredDataView.RowsOfBatch(inputs, classes));

    [TestMethod]
    public void Predict_RowByRow_GivesTheBitsOfTheBatch()
    {
        using var engine = Ml.Model.CreatePredictionEngine<Blob, Prediction>(
            Model,
            new PredictionEngineOptions { OwnsTransformer = false });

        uint[] single = [.. Rows.SelectMany(row => Scores.BitsOf(engine.Predict(row).Score))];

        CollectionAssert.AreEqual(Bulk, single);
    }

    [TestMethod]
    public void Predict_RowByRow_GivesTheLabelsOfTheBatch()
    {
        using var engine = Ml.Model.CreatePredictionEngine<Blob, Prediction>(
            Model,
            new PredictionEngineOptions { OwnsTransformer = false });
        IDataView scored = Model.Transform(Test);

        CollectionAssert.AreEqual(
            scored.GetColumn<uint>("PredictedLabel").ToArray(),
            Array.ConvertAll(Rows, row => engine.Predict(row).PredictedLabel));
        CollectionAssert.AreEqual(
            scored.GetColumn<string>("PredictedKind").ToArray(),
            Array.ConvertAll(Rows, row => engine.Predict(row).PredictedKind));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(1024)]
    [DataRow(1025)]
    public void Transform_OfFewerRows_GivesTheSameBits(int count)
    {
        IDataView some = Ml.Data.LoadFromEnumerable(Rows.Take(count).ToArray());

        CollectionAssert.AreEqual(Bulk[..(count * 3)], Scores.BitsOf(Model.Transform(some)));
    }

    [TestMethod]
    public void Transform_OfUnknownRowCount_ScoresAllRows()
    {
        IDataView lazy = Ml.Data.LoadFromEnumerable(Rows.Where(row => row.Number >= 0));
        Assert.IsNull(lazy.GetRowCount());

        CollectionAssert.AreEqual(Bulk, Scores.BitsOf(Model.Transform(lazy)));
    }

    /// <summary>Who wants a few rows only pays for half of what may be read ahead; whoever goes on gets the next batch read
    /// meanwhile.</summary>
    [TestMethod]
    public void Cursor_OverALazySource_ReadsAheadNoMoreThanItSays()
    {
        int read = 0;
        IDataView lazy = Ml.Data.LoadFromEnumerable(Rows.Where(_ => ++read > 0));
        IDataView scored = Ours.Transform(lazy);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);

        for (int row = 0; row < Count; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            int batchesRead = row < ScoredDataView.BatchRows / 2 ? 1 : (row / (ScoredDataView.BatchRows / 2)) + 2;
            Assert.AreEqual(Math.Min(Count, batchesRead * ScoredDataView.BatchRows / 2), read, $"at row {row}");
        }
    }

    [TestMethod]
    public void Transform_OfNoRows_GivesNone()
    {
        IDataView none = Ml.Data.LoadFromEnumerable(Array.Empty<Blob>());

        Assert.IsEmpty(Scores.BitsOf(Model.Transform(none)));
    }

    [TestMethod]
    public void Dispose_OfFirstEngine_LeavesOlderAndNewerEnginesWorking()
    {
        var first = Ml.Model.CreatePredictionEngine<Blob, Prediction>(Model);
        using var older = Ml.Model.CreatePredictionEngine<Blob, Prediction>(Model, new PredictionEngineOptions { OwnsTransformer = false });
        uint[] expected = Bulk[..3];
        CollectionAssert.AreEqual(expected, Scores.BitsOf(first.Predict(Rows[0]).Score));

        first.Dispose();
        using var newer = Ml.Model.CreatePredictionEngine<Blob, Prediction>(Model);

        CollectionAssert.AreEqual(expected, Scores.BitsOf(older.Predict(Rows[0]).Score));
        CollectionAssert.AreEqual(expected, Scores.BitsOf(newer.Predict(Rows[0]).Score));
        CollectionAssert.AreEqual(Bulk, Scores.BitsOf(Model.Transform(Test)));
    }

    [TestMethod]
    public void Dispose_WhileACursorIsOpen_LeavesTheCursorWorking()
    {
        IDataView scored = Model.Transform(Test);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        Assert.IsTrue(cursor.MoveNext());
        Ours.Dispose();

        int rows = 1;
        while (cursor.MoveNext())
        {
            rows++;
        }

        Assert.AreEqual(Count, rows);
    }

    [TestMethod]
    public void Transform_FromManyThreads_GivesTheSameBits()
    {
        var bits = new uint[8][];
        Parallel.For(0, bits.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (i % 2 == 0)
            {
                bits[i] = Scores.BitsOf(Model.Transform(Test));
            }
            else
            {
                using var engine = new MLContext().Model.CreatePredictionEngine<Blob, Prediction>(
                    Model,
                    new PredictionEngineOptions { OwnsTransformer = i == 1 });
                bits[i] = [.. Rows.SelectMany(row => Scores.BitsOf(engine.Predict(row).Score))];
            }
        });

        foreach (uint[] some in bits)
        {
            CollectionAssert.AreEqual(Bulk, some);
        }
    }

    [TestMethod]
    public void Cursor_OverScoresAndOtherColumns_KeepsRowsTogether()
    {
        IDataView scored = Model.Transform(Test);
        // The transformers before the last two: label and normalisation.
        float[][] features = [.. new TransformerChain<ITransformer>([.. Model.SkipLast(2)]).Transform(Test).GetColumn<float[]>("Features")];

        int[] numbers = [.. scored.GetColumn<int>("Number")];
        Scored[] rows = [.. Ml.Data.CreateEnumerable<Scored>(scored, reuseRowObject: false)];

        CollectionAssert.AreEqual(Enumerable.Range(0, Count).ToArray(), numbers);
        for (int i = 0; i < Count; i++)
        {
            Assert.AreEqual(i, rows[i].Number);
            Assert.AreEqual(Rows[i].Kind, rows[i].Kind);
            CollectionAssert.AreEqual(features[i], rows[i].Features);
            CollectionAssert.AreEqual(Bulk[(i * 3)..((i * 3) + 3)], Scores.BitsOf(rows[i].Score));
        }
    }

    [TestMethod]
    public void CursorSet_OverScores_CoversEveryRowOnce()
    {
        IDataView scored = Model.Transform(Ml.Data.Cache(Test));
        DataViewSchema.Column[] columns = [scored.Schema["Number"], scored.Schema["Score"]];
        var seen = new Dictionary<int, uint[]>();
        foreach (DataViewRowCursor cursor in scored.GetRowCursorSet(columns, 3))
        {
            using (cursor)
            {
                Collect(cursor, columns, seen);
            }
        }

        Assert.HasCount(Count, seen);
        Assert.IsTrue(seen.All(row => row.Value.AsSpan().SequenceEqual(Bulk.AsSpan(row.Key * 3, 3))));
    }

    [TestMethod]
    public void Cursor_Shuffled_GivesEachRowItsScoresAndId()
    {
        IDataView scored = Model.Transform(Ml.Data.Cache(Test));
        DataViewSchema.Column[] columns = [scored.Schema["Number"], scored.Schema["Score"]];
        var seen = new Dictionary<int, uint[]>();
        Assert.IsTrue(scored.CanShuffle);

        using DataViewRowCursor cursor = scored.GetRowCursor(columns, new Random(5));
        Collect(cursor, columns, seen);

        Assert.HasCount(Count, seen);
        Assert.AreNotEqual(0, seen.Keys.First());
        Assert.IsTrue(seen.All(row => row.Value.AsSpan().SequenceEqual(Bulk.AsSpan(row.Key * 3, 3))));
    }

    [TestMethod]
    public void Cursor_OverIds_GivesThoseOfTheSource()
    {
        IDataView scored = Ours.Transform(Blob.Preparation(Ml).Fit(Test).Transform(Test));
        using DataViewRowCursor source = Test.GetRowCursor([]);
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        ValueGetter<DataViewRowId> getExpected = source.GetIdGetter();
        ValueGetter<DataViewRowId> getActual = cursor.GetIdGetter();
        DataViewRowId expected = default;
        DataViewRowId actual = default;
        long position = 0;
        while (source.MoveNext())
        {
            Assert.IsTrue(cursor.MoveNext());
            getExpected(ref expected);
            getActual(ref actual);
            Assert.AreEqual(expected, actual);
            Assert.AreEqual(position++, cursor.Position);
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual(-1, cursor.Position);
        Assert.IsFalse(cursor.MoveNext(), "the end stays the end");
    }

    [TestMethod]
    public void Cursor_AskedForWhatIsNotActive_Refuses()
    {
        IDataView scored = Ours.Transform(Blob.Preparation(Ml).Fit(Test).Transform(Test));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        VBuffer<float> value = default;

        Assert.ThrowsExactly<ArgumentException>(() => cursor.GetGetter<int>(scored.Schema["Number"]));
        Assert.ThrowsExactly<ArgumentException>(() => cursor.GetGetter<float>(scored.Schema["Score"]));
        Assert.ThrowsExactly<InvalidOperationException>(
            () => cursor.GetGetter<VBuffer<float>>(scored.Schema["Score"])(ref value),
            "on no row yet");
    }

    [TestMethod]
    public void Transform_OfNaN_ScoresNaNAndPredictsMissing()
    {
        var rows = new[] { Rows[0], new Blob { Kind = "red", Features = [float.NaN, 0, 0, 0] }, Rows[1] };

        Prediction[] predictions = [
            .. Ml.Data.CreateEnumerable<Prediction>(Model.Transform(Ml.Data.LoadFromEnumerable(rows)), reuseRowObject: false)];

        Assert.IsTrue(predictions[1].Score.All(float.IsNaN));
        Assert.AreEqual(0u, predictions[1].PredictedLabel);
        CollectionAssert.AreEqual(Bulk[..3], Scores.BitsOf(predictions[0].Score));
        CollectionAssert.AreEqual(Bulk[3..6], Scores.BitsOf(predictions[2].Score));
    }

    [TestMethod]
    public void Transform_WithoutTheColumn_NamesItAndTheRemedy()
    {
        var transformer = Ours;
        IDataView other = Ml.Transforms.CopyColumns("Other", "Features")
            .Append(Ml.Transforms.DropColumns("Features"))
            .Fit(Test)
            .Transform(Test);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transformer.Transform(other));

        StringAssert.Contains(error.Message, "'Features'");
        StringAssert.Contains(error.Message, "Apply the whole fitted pipeline");
    }

    [TestMethod]
    public void Transform_OfAnotherSize_NamesTheColumnAndBothTypes()
    {
        var transformer = Ours;
        IDataView other = Ml.Transforms.Concatenate("Features", "Features", "Weight").Fit(Test).Transform(Test);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transformer.Transform(other));

        StringAssert.Contains(error.Message, "Vector<Single, 5>");
        StringAssert.Contains(error.Message, "Vector<Single, 4>");
    }

    private static void Collect(DataViewRowCursor cursor, DataViewSchema.Column[] columns, Dictionary<int, uint[]> seen)
    {
        ValueGetter<int> getNumber = cursor.GetGetter<int>(columns[0]);
        ValueGetter<VBuffer<float>> getScore = cursor.GetGetter<VBuffer<float>>(columns[1]);
        int number = 0;
        VBuffer<float> score = default;
        while (cursor.MoveNext())
        {
            getNumber(ref number);
            getScore(ref score);
            seen.Add(number, Scores.BitsOf(score.DenseValues().ToArray()));
        }
    }

    private sealed class Scored
    {
        public string Kind { get; set; } = "";

        public int Number { get; set; }

        public float[] Features { get; set; } = [];

        public float[] Score { get; set; } = [];
    }
}
