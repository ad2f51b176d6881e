using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Layers;
using static Microsoft.ML.MixedPrecision.Tests.Trainers.Columns.VisitModels;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Columns;

/// <summary><see cref="TableTrainerOptions.CategoricalColumnNames"/>: an embedding for each level of a key.</summary>
[TestClass]
public sealed class CategoricalColumnNamesTests
{
    private static readonly MLContext Ml = VisitModels.Ml;

    /// <summary>The places decide more than the numbers do; a tenth of the test's rows has places of which nothing is known.</summary>
    [TestMethod]
    public void Fit_OfAKeyOf500Levels_LearnsTheEffectOfEach()
    {
        double without = Auc(Pipeline(options => options.CategoricalColumnNames = null).Fit(Train));
        double with = Auc(Fitted.Value);

        Console.WriteLine($"area under the curve {without:F4} without, {with:F4} with");
        Assert.IsGreaterThan(without + 0.1, with);
        Assert.IsEmpty(
            Fitted.Value.LastTransformer.Training!.WarningDetails.Where(warning => warning.Kind == RunWarningKind.Data),
            "numbers of levels are no features far from a scale of 1");
    }

    [TestMethod]
    public void SaveAndLoad_AndPredictionEngine_GiveTheSameBits()
    {
        ITransformer loaded = Models.Load(Models.Save(Fitted.Value, Train.Schema), new MLContext(seed: 9));
        using var engine = Ml.Model.CreatePredictionEngine<Visit, Answer>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
        float[] expected = [.. Fitted.Value.Transform(Test).GetColumn<float>("Score")];

        CollectionAssert.AreEqual(expected, loaded.Transform(Test).GetColumn<float>("Score").ToArray());
        CollectionAssert.AreEqual(expected, Unseen.Select(row => engine.Predict(row).Score).ToArray());
    }

    /// <summary>10,000 levels make rows of one number more, and a table of 8 numbers each.</summary>
    [TestMethod]
    public void Fit_OfTenThousandLevels_MakesNoWideRows()
    {
        Visit[] rows = [.. Visit.Rows(10_000).Select((row, i) => new Visit { First = row.First, Place = $"{i}", Label = row.Label })];
        IDataView data = Ml.Data.LoadFromEnumerable(rows);

        NetworkBinaryTransformer model = Pipeline(options =>
        {
            (options.FeatureColumnNames, options.CategoricalColumnNames, options.Epochs) = (["First"], ["Place"], 1);
        }).Fit(data).LastTransformer;

        Assert.AreEqual(2, model.Model.Inputs);
        Assert.AreEqual((10_002, 8), (TableOf(model).Table.Rows, TableOf(model).Table.Columns));
        StringAssert.Contains(model.Network.Network.Spec.ToString(), "1 numbers and 1 categories of 10000 levels");
    }

    /// <summary>In rows that do not train, and in the table, a level that no row has is nothing; what is no level is the same.</summary>
    [TestMethod]
    public void Score_OfNumbersThatAreNoLevel_IsThatOfALevelThatNoRowHas()
    {
        NetworkBinaryTransformer model = Fitted.Value.LastTransformer;
        IDataView keys = Ml.Transforms.Conversion.MapValueToKey("PlaceKey", "Place").Append(
            Ml.Transforms.Conversion.MapValueToKey("KindKey", "Kind")).Fit(Train).Transform(Train);
        NetworkBinaryTransformer half = Ml.MixedPrecision().Trainers.MlpBinary(Options(
            options => (options.ValidationFraction, options.Epochs) = (0.4f, 2))).Fit(keys);
        CategoryEmbedding table = TableOf(half);
        int levels = table.Categories.Levels[0];
        int[] empty = [.. Enumerable.Range(0, levels + 2).Where(row => table.Table.Values.AsSpan(row * 8, 8).IndexOfAnyExcept(0) < 0)];

        CollectionAssert.IsSubsetOf(new[] { 0, 1 }, empty, "nothing was missing, nothing unseen");
        Assert.IsGreaterThan(10, empty.Length, "places that only rows held back have");
        Assert.IsLessThan(levels, empty.Length);
        float nothing = Score(half, empty[2] - 1);
        foreach (float value in (float[])[0, float.NaN, -1, 0.5f, levels + 1, 1e30f, float.PositiveInfinity, float.NegativeInfinity])
        {
            Assert.AreEqual(nothing, Score(half, value), $"{value}");
        }

        Assert.AreNotEqual(nothing, Score(half, 1));
        Assert.IsTrue(float.IsFinite(nothing));
        Assert.AreEqual(4, model.Model.Inputs);

        float Score(NetworkBinaryTransformer scored, float place)
        {
            using var session = scored.Network.CreateSession(1);
            float[] scores = new float[1];
            session.Run([0.1f, 0.2f, place, 1], 1, scores);
            return scores[0];
        }
    }

    [TestMethod]
    public void Fit_OfAMissingKey_LearnsItAsALevel()
    {
        Visit[] rows = Visit.Rows(400);
        foreach (Visit row in rows)
        {
            row.Place = row.Label ? "" : "here";
        }

        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        var pipeline = Ml.Transforms.Conversion.MapValueToKey("PlaceKey", "Place", keyData: Ml.Data.LoadFromEnumerable(
                new[] { new { Place = "here" } }))
            .Append(Ml.MixedPrecision().Trainers.MlpBinary(Options(options => options.CategoricalColumnNames = ["PlaceKey"])));

        Assert.IsGreaterThan(0.99, Ml.BinaryClassification.Evaluate(pipeline.Fit(data).Transform(data)).AreaUnderRocCurve);
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void Fit_InEveryFormat_Learns(string policy)
        => Assert.IsGreaterThan(0.75, Auc(Pipeline(options => options.Precision = PrecisionPolicy.Parse(policy)).Fit(Train)));

    /// <summary>Categories without features: the frequencies of places are learned from them alone.</summary>
    [TestMethod]
    public void Fit_OfCategoriesAlone_Learns()
    {
        ITransformer model = Pipeline(options => options.FeatureColumnNames = []).Fit(Train);
        using var stream = new MemoryStream();

        Assert.IsGreaterThan(0.7, Auc(model));
        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(model, Test, stream);
        Assert.IsLessThan(1e-4, report.Verification!.ModelToFile.LargestDifference!.Value);
    }

    [TestMethod]
    public void Fit_FromAPreviousModel_GoesOnFromItsEmbeddings()
    {
        NetworkBinaryTransformer first = Fitted.Value.LastTransformer;

        NetworkBinaryTransformer second = Ml.MixedPrecision().Trainers.MlpBinary(Options(options => options.LearningRate = 1e-20f))
            .Fit(Fitted.Value.Transform(Train), null, first);

        CollectionAssert.AreEqual(TableOf(first).Table.Values, TableOf(second).Table.Values);
    }

    [TestMethod]
    public void PermutationFeatureImportance_OfCategories_NamesTheirColumns()
    {
        var importance = Ml.BinaryClassification.PermutationFeatureImportanceNonCalibrated(
            Fitted.Value, Fitted.Value.Transform(Ml.Data.TakeRows(Train, 1000)));

        CollectionAssert.AreEquivalent(new[] { "First", "Second", "PlaceKey", "KindKey" }, importance.Keys.ToArray());
        Assert.IsLessThan(-0.1, importance["PlaceKey"].Accuracy.Mean);
        Assert.IsLessThan(0.05, Math.Abs(importance["KindKey"].Accuracy.Mean));
    }

    [TestMethod]
    public void Transform_OfAnotherNumberOfLevels_NamesTheColumnAndBoth()
    {
        IDataView other = Ml.Transforms.Conversion.MapValueToKey("PlaceKey", "Kind")
            .Append(Ml.Transforms.Conversion.MapValueToKey("KindKey", "Kind")).Fit(Test).Transform(Test);

        string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Fitted.Value.LastTransformer.Transform(other)).Message;

        StringAssert.Contains(message, "The column 'PlaceKey'");
        StringAssert.Contains(message, "holds Key<UInt32, 0-2>; the model was trained on single keys of ");
    }

    [TestMethod]
    public void Fit_OfWhatIsNoKeyOrTooLargeOne_NamesIt()
    {
        StringAssert.Contains(
            Refused(Train, "Place"), "The categorical column 'Place' holds String; it must hold a key, or a vector of keys. Use "
                + "Transforms.Conversion.MapValueToKey(\"Place\").");
        IDataView large = Ml.Transforms.Conversion.Hash("Huge", "Place", numberOfBits: 24).Fit(Train).Transform(Train);
        StringAssert.Contains(Refused(large, "Huge"), "The categorical column 'Huge' has a key of 16777216 values; there must be at most "
            + "16777215.");

        static string Refused(IDataView rows, string name) => Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => Ml.MixedPrecision().Trainers.MlpBinary(Options(options => options.CategoricalColumnNames = [name])).Fit(rows)).Message;
    }

    private sealed class Answer
    {
        public float Score { get; set; }
    }
}
