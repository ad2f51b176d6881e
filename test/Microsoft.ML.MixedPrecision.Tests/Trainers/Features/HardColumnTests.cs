using System.Collections.Concurrent;
using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Columns of other types and sizes than a trainer reads, and very wide ones.</summary>
[TestClass]
public sealed class HardColumnTests
{
    private const int WideColumns = 100_000;
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    /// <summary>A trainer, a label column of another type, and parts of the message.</summary>
    public static IEnumerable<object[]> WrongLabels =>
    [
        [TrainerCase.Multiclass, nameof(Sample.Kind), (string[])["String", "a key of UInt32", "MapValueToKey"]],
        [TrainerCase.Multiclass, nameof(Sample.Answer), (string[])["Boolean", "a key of UInt32", "MapValueToKey"]],
        [TrainerCase.Multiclass, nameof(Sample.Values), (string[])["Vector<Single>", "a key of UInt32"]],
        [TrainerCase.Binary, nameof(Sample.Kind), (string[])["String", "a Boolean", "MapValue"]],
        [TrainerCase.Binary, nameof(Sample.Value), (string[])["Single", "a Boolean", "DataKind.Boolean"]],
        [TrainerCase.Binary, "Key", (string[])["Key", "a Boolean"]],
        [TrainerCase.Regression, nameof(Sample.Kind), (string[])["String", "a Single, or a vector of Single", "ConvertType"]],
        [TrainerCase.Regression, nameof(Sample.Answer), (string[])["Boolean", "a Single", "ConvertType"]],
        [TrainerCase.Regression, nameof(Sample.Number), (string[])["Int32", "a Single", "ConvertType"]],
        [TrainerCase.Regression, "Key", (string[])["Key", "a Single"]],
        [TrainerCase.Regression, "Double", (string[])["Double", "a Single", "ConvertType"]],
    ];

    [TestMethod]
    [DynamicData(nameof(WrongLabels))]
    internal void Fit_OfALabelOfAnotherType_NamesItAndTheRemedy(TrainerCase task, string label, string[] parts)
    {
        IDataView rows = Ml.Transforms.Conversion.MapValueToKey("Key", "Kind").Append(
            Ml.Transforms.Conversion.ConvertType("Double", "Value", DataKind.Double))
            .Fit(task.Prepared(Ml, Sample.Rows(60))).Transform(task.Prepared(Ml, Sample.Rows(60)));

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => task.Fit(Ml, rows, options => options.LabelColumnName = label));
        var early = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => task.Trainer(
                Ml,
                task.Options(options => options.LabelColumnName = label)).GetOutputSchema(SchemaShape.Create(rows.Schema)));

        AssertContains(error.Message, [$"'{label}'", .. parts]);
        AssertContains(early.Message, [$"'{label}'", .. parts]);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfMissingColumns_NamesThemAndTheOption(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));

        AssertContains(Refused(options => options.LabelColumnName = "L"), "no label column 'L'", "Features", "LabelColumnName");
        AssertContains(Refused(options => options.FeatureColumnName = "F"), "no features column 'F'", "FeatureColumnName");
        AssertContains(Refused(options => options.ExampleWeightColumnName = "W"), "no weight column 'W'", "ExampleWeightColumnName");
        AssertContains(Refused(options => options.ExampleWeightColumnName = "Kind"), "'Kind'", "String", "ConvertType");
        AssertContains(Refused(options => options.FeatureColumnName = "Weight"), "'Weight'", "single numbers", "Concatenate");

        string Refused(Action<MlpTrainerOptions> change) => Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => task.Fit(Ml, rows, change)).Message;
    }

    /// <summary>The remedy is not that of training rows: keys mapped anew, for one, would be other classes.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfValidationRowsWithoutColumnsOrOfOtherTypes_NamesTheValidationSet(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(60));
        foreach ((string column, string role) in new[] { ("Label", "label"), ("Features", "features"), ("Weight", "weight") })
        {
            IDataView without = Ml.Transforms.DropColumns(column)
                .Fit(rows)
                .Transform(rows), text = Ml.Transforms.CopyColumns(column, "Kind")
                .Fit(rows)
                .Transform(rows);

            AssertContains(
                Refused(without),
                $"The validation set has no {role} column '{column}', which the training set has; it has ",
                "Answer",
                "Transform the validation set with the same fitted transformers");
            AssertContains(
                Refused(text),
                $"column '{column}' of the validation set holds String; it must hold",
                "Transform the validation set with the same fitted transformers");
        }

        string Refused(IDataView validation)
        {
            MlpTrainerOptions options = task.Options(changed => changed.ExampleWeightColumnName = "Weight");
            string byArgument = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => task.Fit(Ml, options, rows, validation)).Message;
            options.ValidationSet = validation;
            Assert.AreEqual(byArgument, Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => task.Fit(Ml, options, rows)).Message);
            return byArgument;
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfVectorsOfUnknownSize_NamesThemAndTheRemedy(TrainerCase task)
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(
            Sample.Rows(20).Select(row => new Unsized { Label = row.Answer, Features = row.Features, Targets = row.Values }));

        string features = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => task.Fit(Ml, rows)).Message;

        AssertContains(features, "'Features'", "unknown size", "[VectorType(n)]");
    }

    [TestMethod]
    public void Fit_OfALabelOfUnknownSize_NamesItAndTheRemedy()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(
            Sample.Rows(20).Select(row => new Unsized { Features = row.Features, Targets = row.Values, Sized = row.Features }));

        string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TrainerCase.SeveralTargets.Fit(
                Ml,
                rows,
                options => (options.LabelColumnName, options.FeatureColumnName) = ("Targets", "Sized"))).Message;

        AssertContains(message, "'Targets'", "of known size", "Concatenate");
    }

    /// <summary>What the row before held must not count: with a NaN there, the row would be left out as one without label.</summary>
    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(1f)]
    public void Fit_OfALabelOfAnotherLength_NamesTheRow(float before)
    {
        Sample[] rows = Sample.Rows(60);
        rows[36].Values[2] = before;
        rows[37].Values = [1, 2];

        string message = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.SeveralTargets.Fit(Ml, TrainerCase.SeveralTargets.Prepared(Ml, rows))).Message;

        AssertContains(message, "Row 37 ", "column 'Label'", "holds 2 targets; the column's type says 3");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_Of100000SparseColumns_TrainsAndSaysTheDenseBytes(TrainerCase task)
    {
        var ml = new MLContext(seed: 1);
        var lines = new ConcurrentQueue<string>();
        ml.Log += (_, e) => lines.Enqueue(e.Message);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Wide));
        schema[nameof(Wide.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, WideColumns);
        IDataView rows = ml.Data.LoadFromEnumerable(Sample.Rows(20).Select(Wide.Of).ToArray(), schema);
        IDataView labelled = task is MulticlassCase
            ? ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows)
            : ml.Transforms.CopyColumns("Label", task.Source).Fit(rows).Transform(rows);

        ITransformer model = task.Fit(
            ml,
            labelled,
            options => (options.HiddenLayers, options.Epochs, options.Precision) = ([4], 2, PrecisionPolicy.Float32));

        Assert.IsTrue(lines.Any(line => line.Contains("'Features' is sparse", StringComparison.Ordinal) && line.Contains(
            "400000 bytes for the 100000 features of a row in Float32, 7.6 MiB for the 20 rows", StringComparison.Ordinal)));
        Assert.IsTrue(ScoredRows.ScoresOf(model.Transform(labelled)).All(row => row.All(float.IsFinite)));
    }

    [TestMethod]
    public void Fit_OfSparseTargets_EqualsDense()
    {
        IDataView dense = TrainerCase.SeveralTargets.Prepared(
            Ml,
            [.. Sample.Rows(100).Select(row => { row.Values = [0, row.Value, 0]; return row; })]);
        IDataView sparse = Ml.Transforms.CustomMapping<Targets, SparseTargets>(
            (from, to) => to.Label = new VBuffer<float>(3, 1, [from.Values[1]], [1]),
            null)
            .Fit(dense)
            .Transform(dense);
        Assert.IsFalse(sparse.GetColumn<VBuffer<float>>("Label").First().IsDense);

        CollectionAssert.AreEqual(
            TrainerCase.WeightsOf(TrainerCase.SeveralTargets.Fit(Ml, dense)),
            TrainerCase.WeightsOf(TrainerCase.SeveralTargets.Fit(Ml, sparse)));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithUnseenValidationClasses_WarnsAndNamesThem(TrainerCase task)
    {
        var ml = new MLContext(seed: 1);
        var lines = new ConcurrentQueue<string>();
        ml.Log += (_, e) => lines.Enqueue(e.Message);
        Sample[] rows = Sample.Rows(120), all = Sample.Rows(50, seed: 2);

        ITransformer model = task.Fit(
            ml,
            task.Options(),
            task.Prepared(ml, [.. rows.Where(row => row.Kind != "high")]),
            task.Prepared(ml, all));

        string[] warnings = [.. lines.Where(line => line.Contains("that no training row has", StringComparison.Ordinal))];
        Assert.HasCount(task is MulticlassCase ? 1 : 0, warnings);
        if (task is MulticlassCase)
        {
            AssertContains(warnings[0], $"{all.Count(row => row.Kind == "high")} rows of the validation set", "'Label'", "('high')");
            AssertContains(string.Join(";", TrainerCase.TrainingOf(model).Warnings), "that no training row has");
        }
    }

    [TestMethod]
    public void OneMore_OfAsManyRowsAsAnArrayCanNumber_SaysSo()
    {
        Assert.AreEqual(Array.MaxLength, RowStore.OneMore(Array.MaxLength - 1));
        AssertContains(
            Assert.ThrowsExactly<InvalidOperationException>(() => RowStore.OneMore(Array.MaxLength)).Message,
            "2,147,483,591 rows",
            "sample");
    }

    private static void AssertContains(string message, params string[] parts)
    {
        foreach (string part in parts)
        {
            StringAssert.Contains(message, part);
        }
    }

    private sealed class Unsized
    {
        public bool Label { get; set; }

        public float[] Features { get; set; } = [];

        public float[] Targets { get; set; } = [];

        [VectorType(Sample.FeatureCount)]
        public float[] Sized { get; set; } = [];
    }

    private sealed class Targets
    {
        [VectorType(3)]
        public float[] Values { get; set; } = [];
    }

    private sealed class SparseTargets
    {
        [VectorType(3)]
        public VBuffer<float> Label { get; set; }
    }

    private sealed class Wide
    {
        public VBuffer<float> Features { get; set; }

        public bool Answer { get; set; }

        public string Kind { get; set; } = "";

        public float Value { get; set; }

        [VectorType(3)]
        public float[] Values { get; set; } = [];

        public static Wide Of(Sample row) => new()
        {
            Features = new VBuffer<float>(WideColumns, 2, [row.A, row.D], [row.Number * 7, WideColumns - 1]),
            Answer = row.Answer,
            Kind = row.Kind,
            Value = row.Value,
            Values = row.Values,
        };
    }
}
