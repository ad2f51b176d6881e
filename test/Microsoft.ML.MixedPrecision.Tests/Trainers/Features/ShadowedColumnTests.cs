using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Tests.Onnx.Pipelines;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>
/// Data whose columns are named as those that a model adds. ML.NET puts such a new column right behind the one that it hides, so that
/// columns of the data stand behind new ones. What is right comes from the same model on data without such columns, and from the data.
/// </summary>
[TestClass]
public sealed class ShadowedColumnTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Transform_OfColumnsNamedAsTheScores_GivesEachColumnItsOwnValues(TrainerCase task)
    {
        (ITransformer model, IDataView plain, IDataView shadowed) = Fitted(task);

        IDataView scored = model.Transform(shadowed);

        AssertColumns(task, model.Transform(plain), shadowed, scored);
        AssertColumns(task, model.Transform(plain), shadowed, Ml.Data.Cache(scored));
        AssertColumns(task, model.Transform(plain), shadowed, Models.Load(Models.Save(model, shadowed.Schema)).Transform(shadowed));
    }

    /// <summary>All at once, as <c>Cache</c>, <c>Preview</c> and evaluation read them.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Cursor_OverAllColumns_KeepsThemApart(TrainerCase task)
    {
        (ITransformer model, _, IDataView shadowed) = Fitted(task);
        IDataView scored = model.Transform(shadowed);

        DataDebuggerPreview preview = scored.Preview(maxRows: 50);

        foreach (DataViewSchema.Column column in scored.Schema)
        {
            object[] alone = [.. ColumnValues.Of(scored, column).Cast<object>()];
            object[] together = [.. preview.RowView.SelectMany(row => Items(row.Values[column.Index].Value))];
            CollectionAssert.AreEqual(alone[..together.Length], together, $"{column.Name} ({column.Index})");
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void CursorSet_OverColumnsNamedAsTheScores_GivesTheSameValues(TrainerCase task)
    {
        (ITransformer model, IDataView plain, IDataView shadowed) = Fitted(task);
        IDataView scored = model.Transform(shadowed);
        DataViewSchema.Column column = scored.Schema["Number2"];

        var numbers = new List<int>();
        foreach (DataViewRowCursor cursor in scored.GetRowCursorSet([column, scored.Schema["Score"]], 3))
        {
            using (cursor)
            {
                ValueGetter<int> get = cursor.GetGetter<int>(column);
                int number = 0;
                while (cursor.MoveNext())
                {
                    get(ref number);
                    numbers.Add(number);
                }
            }
        }

        CollectionAssert.AreEquivalent(plain.GetColumn<int>("Number").ToArray(), numbers);
    }

    /// <summary>Rows are scored in bulk where scores are wanted, and not at all where only columns of the data are.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Cursor_OverSomeColumns_ScoresInBulkOrNotAtAll(TrainerCase task)
    {
        (ITransformer model, _, IDataView shadowed) = Fitted(task);
        var asked = new AskedColumns(shadowed);
        IDataView scored = model.Transform(asked);

        foreach (DataViewSchema.Column column in scored.Schema)
        {
            bool isNew = !column.IsHidden && task.Columns.Contains(column.Name);
            using DataViewRowCursor cursor = scored.GetRowCursor([column]);

            Assert.AreEqual(isNew, cursor is ScoringCursor, $"{column.Name} ({column.Index})");
            CollectionAssert.AreEqual(new[] { isNew ? "Features" : column.Name }, asked.Last, column.Name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Evaluate_OfColumnsNamedAsTheScores_MeasuresTheModel(TrainerCase task)
    {
        (ITransformer model, IDataView plain, IDataView shadowed) = Fitted(task);

        Assert.AreEqual(task.Quality(Ml, model.Transform(plain)), task.Quality(Ml, model.Transform(shadowed)));
        if (task is BinaryCase)
        {
            double expected = Ml.BinaryClassification.Evaluate(model.Transform(plain)).LogLoss;
            Assert.IsTrue(double.IsFinite(expected));
            Assert.AreEqual(expected, Ml.BinaryClassification.Evaluate(model.Transform(shadowed)).LogLoss);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ExportToOnnx_OfColumnsNamedAsTheScores_ReportsSmallDifferences(TrainerCase task)
    {
        (ITransformer model, _, IDataView shadowed) = Fitted(task);
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, shadowed, stream);

        // Sums of 16 products in FP32 in another order; targets are up to 100.
        Assert.IsLessThan(1e-3, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
        double? agreement = task is RegressionCase or SeveralTargetsCase ? null : 1.0;
        Assert.AreEqual(agreement, report.Verification.ModelToFile.LabelAgreement, report.ToString());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void ApplyOnnxModel_OfColumnsNamedAsTheScores_GivesEachColumnItsOwnValues(TrainerCase task)
    {
        (ITransformer model, IDataView plain, IDataView shadowed) = Fitted(task);
        using var stream = new MemoryStream();
        Ml.MixedPrecision().Model.ExportToOnnx(model, shadowed.Schema, stream);
        var columns = task.Columns.ToDictionary(column => column + ".output");
        var options = new OnnxScoringEstimator.Options { OutputColumns = columns };
        OnnxScoringTransformer file = Ml.MixedPrecision().Transforms.ApplyOnnxModel(stream.ToArray(), options).Fit(shadowed);

        AssertColumns(task, file.Transform(plain), shadowed, file.Transform(shadowed));
    }

    [TestMethod]
    public void Transform_OfTwoModelsInAPipeline_KeepsTheirScoresApart()
    {
        IDataView rows = TrainerCase.Binary.Prepared(Ml, Sample.Rows(120));
        ITransformer binary = TrainerCase.Binary.Fit(Ml, rows);
        ITransformer regression = TrainerCase.Regression.Fit(Ml, rows, options => options.LabelColumnName = "Value");

        IDataView both = new TransformerChain<ITransformer>(binary, regression).Transform(rows);
        IDataView swapped = new TransformerChain<ITransformer>(regression, binary).Transform(rows);

        AssertSame(binary.Transform(rows), "Probability", both, swapped);
        AssertSame(binary.Transform(rows), "PredictedLabel", both, swapped);
        AssertSame(regression.Transform(rows), "Score", both);
        AssertSame(binary.Transform(rows), "Score", swapped);
        AssertSame(rows, "Number", both, swapped);
    }

    /// <summary>The columns of the scored data: new ones as on plain data, others as they were.</summary>
    private static void AssertColumns(TrainerCase task, IDataView expected, IDataView source, IDataView scored)
    {
        var before = source.Schema.ToLookup(column => column.Name);
        var seen = new Dictionary<string, int>();
        foreach (DataViewSchema.Column column in scored.Schema)
        {
            bool isNew = !column.IsHidden && task.Columns.Contains(column.Name);
            int place = seen[column.Name] = seen.GetValueOrDefault(column.Name, -1) + 1;
            Array values = isNew ? ColumnValues.Of(expected, column.Name) : ColumnValues.Of(source, before[column.Name].ElementAt(place));
            ColumnValues.AssertEqual(values, ColumnValues.Of(scored, column), 0, $"{task}, {column.Name} ({column.Index})");
        }
    }

    private static void AssertSame(IDataView expected, string column, params IDataView[] views)
    {
        foreach (IDataView view in views)
        {
            ColumnValues.AssertEqual(ColumnValues.Of(expected, column), ColumnValues.Of(view, column), 0, column);
        }
    }

    private static IEnumerable<object> Items(object value) => value switch
    {
        VBuffer<float> vector => vector.DenseValues().Cast<object>(),
        VBuffer<ReadOnlyMemory<char>> vector => vector.DenseValues().Select(text => (object)text.ToString()),
        ReadOnlyMemory<char> text => [text.ToString()],
        _ => [value],
    };

    /// <summary>A model, its training data, and the same with columns named as the scores in front of others.</summary>
    private static (ITransformer Model, IDataView Plain, IDataView Shadowed) Fitted(TrainerCase task)
    {
        IDataView plain = task.Prepared(Ml, Sample.Rows(120));
        var shadows = Ml.Transforms.CopyColumns("Score", "A")
            .Append(Ml.Transforms.CopyColumns("Probability", "D"))
            .Append(Ml.Transforms.CopyColumns("PredictedLabel", "Number"))
            .Append(Ml.Transforms.CopyColumns("Value2", "Value"))
            .Append(Ml.Transforms.CopyColumns("Number2", "Number"));
        return (task.Fit(Ml, plain), plain, Ml.Data.Cache(shadows.Fit(plain).Transform(plain)));
    }
}
