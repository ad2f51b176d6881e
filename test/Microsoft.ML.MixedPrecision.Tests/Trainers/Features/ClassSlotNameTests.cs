using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Slots of multiclass scores are named by the label's values, text or not; predicted keys still stand for the values.</summary>
[TestClass]
public sealed class ClassSlotNameTests
{
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Columns of <see cref="Row"/>, with the names of its values in their order.</summary>
    public static IEnumerable<object[]> Columns =>
    [
        [nameof(Row.Single), (string[])["-0.5", "2", "1000000"]],
        [nameof(Row.Double), (string[])["-0.5", "2", "1000000"]],
        [nameof(Row.Int32), (string[])["-1", "2", "1000000"]],
        [nameof(Row.Int64), (string[])["-1", "2", "1000000"]],
        [nameof(Row.Text), (string[])["-1", "1000000", "2"]],
    ];

    [TestMethod]
    [DynamicData(nameof(Columns))]
    public void Score_OfLabelsThatAreNotText_HasTheirValuesAsSlotNames(string column, string[] names)
    {
        IDataView rows = Rows(column);
        ITransformer model = Pipeline().Fit(rows);

        foreach (ITransformer some in new[] { model, Models.Load(Models.Save(model, rows.Schema)) })
        {
            IDataView scored = some.Transform(rows);
            VBuffer<ReadOnlyMemory<char>> slots = default;
            scored.Schema["Score"].GetSlotNames(ref slots);
            CollectionAssert.AreEqual(names, slots.DenseValues().Select(name => name.ToString()).ToArray());

            // What a key stands for keeps its type, and says the same as the names.
            Assert.AreEqual(rows.Schema["Number"].Type, scored.Schema["Predicted"].Type);
            string[] said = [.. scored.GetColumn<uint>("PredictedLabel").Select(key => names[key - 1])];
            CollectionAssert.AreEqual(Texts(scored, "Predicted"), said);
            int right = Texts(rows, "Number").Zip(said).Count(pair => pair.First == pair.Second);
            Assert.IsGreaterThan(50, right, "the network must have learned them");
        }
    }

    /// <summary>Other columns and annotations are those that ML.NET's own trainers make.</summary>
    [TestMethod]
    [DynamicData(nameof(Columns))]
    public void Schema_OfLabelsThatAreNotText_IsThatOfMLNetsTrainersAndTheNames(string column, string[] names)
    {
        IDataView rows = Rows(column);
        var label = Ml.Transforms.Conversion.MapValueToKey("Label", "Number");
        var theirs = label.Append(Ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy());
        var ours = label.Append(Ml.MixedPrecision().Trainers.MlpMulticlass(Options()));

        DataViewSchema expected = theirs.Fit(rows).Transform(rows).Schema, actual = ours.Fit(rows).Transform(rows).Schema;

        Assert.HasCount(3, names);
        foreach (string made in new[] { "PredictedLabel", "Score" })
        {
            string[] more = made == "Score" ? ["SlotNames"] : [];
            CollectionAssert.AreEquivalent(Names(expected[made]).Union(more).ToArray(), Names(actual[made]));
        }

        SchemaShape shape = ours.GetOutputSchema(SchemaShape.Create(rows.Schema));
        Assert.IsTrue(shape.TryFindColumn("Score", out SchemaShape.Column score));
        Assert.IsTrue(score.Annotations.TryFindColumn("SlotNames", out _));
    }

    /// <summary>Evaluation names the classes of its confusion matrix by them.</summary>
    [TestMethod]
    public void Evaluate_OfNumbers_CountsUnderTheirNames()
    {
        IDataView rows = Rows(nameof(Row.Single));
        IDataView scored = Pipeline().Fit(rows).Transform(rows);

        string table = Ml.MulticlassClassification.Evaluate(scored).ConfusionMatrix.GetFormattedConfusionTable();

        Assert.Contains("1000000", table);
        Assert.Contains("-0.5", table);
    }

    [TestMethod]
    public void ExportToOnnx_OfLabelsThatAreNumbers_ScoresAsTheModelDoes()
    {
        IDataView rows = Rows(nameof(Row.Single));
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(Pipeline().Fit(rows), rows, stream);

        Assert.AreEqual(1.0, report.Verification!.ModelToFile.LabelAgreement, report.ToString());
        Assert.IsLessThan(1e-5, report.Verification.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    private static EstimatorChain<KeyToValueMappingTransformer> Pipeline()
        => Ml.Transforms.Conversion.MapValueToKey("Label", "Number", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue)
            .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(Options()))
            .Append(Ml.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel"));

    private static MlpMulticlassTrainer.Options Options()
        => new() { HiddenLayers = [8], BatchSize = 8, Epochs = 40, LearningRate = 3e-2f, Seed = 1 };

    private static IDataView Rows(string column)
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(Row.Of).ToArray());
        return Ml.Transforms.CopyColumns("Number", column).Fit(rows).Transform(rows);
    }

    private static string[] Names(DataViewSchema.Column column) => [.. column.Annotations.Schema.Select(annotation => annotation.Name)];

    private static string[] Texts(IDataView view, string column)
        => [.. Onnx.Pipelines.ColumnValues.Of(view, column).Cast<object>().Select(value => FormattableString.Invariant($"{value}"))];

    private sealed class Row
    {
        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public float Single { get; set; }

        public double Double { get; set; }

        public int Int32 { get; set; }

        public long Int64 { get; set; }

        public string Text { get; set; } = "";

        public static Row Of(int i)
        {
            double value = (i % 3) switch { 0 => -0.5, 1 => 2, _ => 1e6 };
            int whole = (int)Math.Floor(value);
            return new Row
            {
                Features = [i % 3 == 0 ? 1 : 0, i % 3 == 1 ? 1 : 0, i % 7 / 7f],
                Single = (float)value,
                Double = value,
                Int32 = whole,
                Int64 = whole,
                Text = FormattableString.Invariant($"{whole}"),
            };
        }
    }
}
