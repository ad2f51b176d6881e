using Microsoft.ML.MixedPrecision.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// Rows to score whose vector is not as long as its column's type says, as classes with arrays can hold them. A row that is too short must
/// not be completed by the values of another one.
/// </summary>
[TestClass]
public sealed class WrongLengthTests
{
    private const int Count = 3000;
    private const int BadRow = 1500;
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> Rows
        => from task in TrainerCase.All from length in (int[])[-1, 0, 1, 5] select (object[])[task[0], length];

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    internal void Predict_OfARowOfAnotherLength_RefusesIt(TrainerCase task, int length)
    {
        ITransformer model = task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)));
        Sample good = Sample.Rows(1)[0];

        AssertRefused(() => task.Predict(Ml, model, [good, Of(length)]), "The row's column 'Features'", length);
        CollectionAssert.AreEqual(ScoredRows.Of(model.Transform(Data(good)))[0], task.Predict(Ml, model, [good])[0]);
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    internal void Transform_OfARowOfAnotherLength_NamesIt(TrainerCase task, int length)
    {
        ITransformer model = task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)));
        Sample[] rows = Sample.Rows(Count);
        rows[BadRow] = Of(length);

        ITransformer loaded = Models.Load(Models.Save(model, Data().Schema));
        AssertRefused(() => ScoredRows.Of(model.Transform(Data(rows))), Place(BadRow), length);
        AssertRefused(() => ScoredRows.Of(loaded.Transform(Data(rows))), Place(BadRow), length);
    }

    /// <summary>A cursor of several sees only its share of the rows, so that it does not know their numbers.</summary>
    [TestMethod]
    public void CursorSet_OverARowOfAnotherLength_NamesTheColumnOnly()
    {
        TrainerCase task = TrainerCase.Regression;
        ITransformer model = task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)));
        IDataView scored = model.Transform(new TwoParts(Data(Sample.Rows(5)), Data(Sample.Rows(1)[0], Of(1))));
        DataViewRowCursor[] cursors = scored.GetRowCursorSet([scored.Schema["Score"]], 2);
        Assert.HasCount(2, cursors);

        AssertRefused(() => Array.ForEach(cursors, ReadToEnd), "The row's column 'Features'", 1);
        Array.ForEach(cursors, cursor => cursor.Dispose());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ApplyOnnxModel_OfARowOfAnotherLength_NamesIt(TrainerCase task)
    {
        ITransformer model = task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)));
        OnnxExportOptions[] formats = [new(), new() { Format = NumericFormat.Float16, Float16Edges = true }];
        foreach (OnnxExportOptions options in formats)
        {
            using var stream = new MemoryStream();
            Ml.MixedPrecision().Model.ExportToOnnx(model, Data().Schema, stream, options);
            var columns = task.Columns.ToDictionary(column => column + ".output");
            var scoring = new OnnxScoringEstimator.Options { OutputColumns = columns };
            OnnxScoringTransformer file = Ml.MixedPrecision().Transforms.ApplyOnnxModel(stream.ToArray(), scoring).Fit(Data());
            Sample[] rows = Sample.Rows(BadRow + 1);
            foreach (int length in new[] { -1, 1, 5 })
            {
                rows[BadRow] = Of(length);
                AssertRefused(() => ScoredRows.ScoresOf(file.Transform(Data(rows))), Place(BadRow), length);
                AssertRefused(() => task.Predict(Ml, file, [rows[0], rows[BadRow]]), "The row's column 'Features'", length);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportToOnnx_ComparedOnARowOfAnotherLength_NamesIt(TrainerCase task)
    {
        ITransformer model = task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)));
        Sample[] rows = Sample.Rows(20);
        rows[7] = Of(1);

        AssertRefused(() => Ml.MixedPrecision().Model.ExportToOnnx(model, Data(rows), new MemoryStream()), Place(7), 1);
    }

    /// <summary>The file's input is read from a column that no model of ours looks at first.</summary>
    [TestMethod]
    public void ExportToOnnx_OfAVectorThatOnlyTheFileReads_NamesTheRow()
    {
        Sample[] rows = Sample.Rows(20);
        ITransformer model = Ml.Transforms.CopyColumns("Copy", "Values").Fit(Data(rows));
        rows[7].Values = [1];
        var options = new OnnxExportOptions { OutputColumns = ["Copy"] };

        void Export() => Ml.MixedPrecision().Model.ExportToOnnx(model, Data(rows), new MemoryStream(), options);

        string message = Assert.ThrowsExactly<InvalidOperationException>(Export).Message;
        StringAssert.StartsWith(message, "Row 7 (counted from 0, in the order read), column 'Values', holds 1 value;");
    }

    /// <summary>One-versus-all loads networks without the transformer that knows the column.</summary>
    [TestMethod]
    public void RowPlace_OfAnUnknownColumn_SaysWhatItIs() => Assert.AreEqual("The row's column of features", new RowPlace(null).ToString());

    private static void AssertRefused(Action action, string place, int length)
    {
        string message = Assert.ThrowsExactly<InvalidOperationException>(action).Message;
        string held = length == 1 ? "1 value" : $"{Math.Max(0, length)} values";
        StringAssert.Contains(message, place);
        StringAssert.Contains(message, $" holds {held}; the column's type says 4. Make every row the same size");
    }

    private static string Place(int row) => $"Row {row} (counted from 0, in the order read), column 'Features',";

    private static void ReadToEnd(DataViewRowCursor cursor)
    {
        while (cursor.MoveNext())
        {
        }
    }

    /// <summary>A row of so many features; null for −1.</summary>
    private static Sample Of(int length) => new() { Features = length < 0 ? null! : [.. Enumerable.Repeat(0.5f, length)], Kind = "low" };

    private static IDataView Data(params Sample[] rows) => Ml.Data.LoadFromEnumerable(rows);

    /// <summary>Rows that two cursors share.</summary>
    private sealed class TwoParts(IDataView first, IDataView second) : IDataView
    {
        public DataViewSchema Schema => first.Schema;

        public bool CanShuffle => false;

        public long? GetRowCount() => null;

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
            => throw new NotSupportedException();

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
            => [first.GetRowCursor(columnsNeeded), second.GetRowCursor(columnsNeeded.Select(column => second.Schema[column.Name]))];
    }
}
