using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Each transformer in bulk, row by row and from many threads.</summary>
[TestClass]
public sealed class TaskScoringTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly Sample[] Rows = Sample.Rows(1100, seed: 2);
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Rows);

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Predict_RowByRow_GivesTheBitsOfTheBatch(TrainerCase task)
    {
        ITransformer model = Model(task);

        CollectionAssert.AreEqual(ScoredRows.BitsOf(model.Transform(Test)), ScoredRows.BitsOf(task.Predict(Ml, model, Rows)));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void RowMapper_OfTransformer_GivesTheBitsOfTheBatch(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Rows);
        ITransformer model = task.Fit(Ml, rows);
        DataViewSchema.Column features = rows.Schema["Features"];
        using DataViewRowCursor cursor = rows.GetRowCursor([features]);
        IRowToRowMapper mapper = model.GetRowToRowMapper(rows.Schema);
        DataViewRow row = mapper.GetRow(cursor, mapper.OutputSchema.Where(column => task.Columns.Contains(column.Name)));
        DataViewSchema.Column score = mapper.OutputSchema["Score"];
        Func<float[]> read = score.Type is VectorDataViewType
            ? Vector(row.GetGetter<VBuffer<float>>(score))
            : Scalar(row.GetGetter<float>(score));
        var scores = new List<float[]>();

        while (cursor.MoveNext())
        {
            scores.Add(read());
        }

        CollectionAssert.AreEqual(ScoredRows.BitsOf(ScoredRows.ScoresOf(model.Transform(rows))), ScoredRows.BitsOf([.. scores]));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_FromManyThreadsAndEngines_GivesTheSameBits(TrainerCase task)
    {
        ITransformer model = Model(task);
        uint[] expected = ScoredRows.BitsOf(model.Transform(Test));
        var bits = new uint[6][];

        Parallel.For(0, bits.Length, new ParallelOptions { MaxDegreeOfParallelism = bits.Length }, i =>
            bits[i] = i % 2 == 0
                ? ScoredRows.BitsOf(model.Transform(Test))
                : ScoredRows.BitsOf(task.Predict(new MLContext(), model, Rows)));

        foreach (uint[] some in bits)
        {
            CollectionAssert.AreEqual(expected, some);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Dispose_ThenUse_GivesTheSameBits(TrainerCase task)
    {
        ITransformer model = Model(task);
        uint[] expected = ScoredRows.BitsOf(model.Transform(Test));
        ((IDisposable)model).Dispose();
        ((IDisposable)TrainerCase.Ours((IEnumerable<ITransformer>)model)).Dispose();

        CollectionAssert.AreEqual(expected, ScoredRows.BitsOf(model.Transform(Test)));
        CollectionAssert.AreEqual(expected, ScoredRows.BitsOf(task.Predict(Ml, model, Rows)));
        ((IDisposable)model).Dispose();
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_OfNaN_ScoresNaNForThatRowOnly(TrainerCase task)
    {
        Sample[] rows = Sample.Rows(3, seed: 2);
        uint[] before = ScoredRows.BitsOf(Model(task).Transform(Ml.Data.LoadFromEnumerable(rows)));
        rows[1].Features[0] = float.NaN;

        float[][] scored = ScoredRows.Of(Model(task).Transform(Ml.Data.LoadFromEnumerable(rows)));

        Assert.IsTrue(ScoredRows.ScoresOf(Model(task).Transform(Ml.Data.LoadFromEnumerable(rows)))[1].All(float.IsNaN));
        int width = scored[0].Length;
        CollectionAssert.AreEqual(before[..width], Scores.BitsOf(scored[0]));
        CollectionAssert.AreEqual(before[^width..], Scores.BitsOf(scored[2]));
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf([scored[1]]),
            ScoredRows.BitsOf(task.Predict(Ml, Model(task), [rows[1]])),
            "the engine says the same");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_OfOtherColumns_NamesThemAndTheRemedy(TrainerCase task)
    {
        ITransformer model = TrainerCase.Ours((IEnumerable<ITransformer>)Model(task));
        IDataView without = Ml.Transforms.DropColumns("Features").Fit(Test).Transform(Test);
        IDataView wide = Ml.Transforms.Concatenate("Features", "Features", "Weight").Fit(Test).Transform(Test);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.Transform(without)).Message,
            "no feature column 'Features'");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.Transform(wide)).Message, "Vector<Single, 5>");
    }

    private static ITransformer Model(TrainerCase task) => Models.Of(task);

    private static Func<float[]> Scalar(ValueGetter<float> getter) => () =>
    {
        float value = 0;
        getter(ref value);
        return [value];
    };

    private static Func<float[]> Vector(ValueGetter<VBuffer<float>> getter)
    {
        VBuffer<float> value = default;
        return () =>
        {
            getter(ref value);
            return [.. value.DenseValues()];
        };
    }
}
