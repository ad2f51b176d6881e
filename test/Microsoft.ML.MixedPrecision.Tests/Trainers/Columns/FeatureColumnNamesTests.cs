using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Columns;

/// <summary><see cref="TableTrainerOptions.FeatureColumnNames"/>: several columns are read as the one of <c>Concatenate</c>.</summary>
[TestClass]
public sealed class FeatureColumnNamesTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly string[] Names = ["Age", "Cities", "Children", "Noise", "Income", "Owns"];
    private static readonly IDataView Raw = Ml.Data.LoadFromEnumerable(Person.Rows(400));
    private static readonly IDataView Unseen = Ml.Data.LoadFromEnumerable(Person.Rows(300, seed: 2));
    private static readonly Lazy<TransformerChain<NetworkBinaryTransformer>> Fitted = new(() => Pipeline().Fit(Raw));

    private static EstimatorChain<NetworkBinaryTransformer> Pipeline() => Ml.Transforms.Categorical.OneHotEncoding("Cities", "City")
        .Append(Ml.MixedPrecision().Trainers.MlpBinary(Options(o => o.FeatureColumnNames = Names)));

    /// <summary>Also of sparse rows, which are scaled otherwise, and of the one-hot slots, which robust scaling does not shift.</summary>
    [TestMethod]
    [DataRow(FeatureScaling.Standard, false)]
    [DataRow(FeatureScaling.Robust, false)]
    [DataRow(FeatureScaling.Standard, true)]
    public void Fit_OverSeveralColumns_GivesTheBitsOfConcatenate(FeatureScaling scaling, bool isSparse)
    {
        string[] numbers = isSparse ? ["Cities", "Number"] : ["Age", "Cities", "Number", "Noise", "Truth"];
        string[] names = isSparse ? ["Cities", "Children"] : ["Age", "Cities", "Children", "Noise", "Owns"];
        IDataView rows = Ml.Transforms.Categorical.OneHotEncoding("Cities", "City")
            .Append(Ml.Transforms.Conversion.ConvertType("Number", "Children"))
            .Append(Ml.Transforms.Conversion.ConvertType("Truth", "Owns"))
            .Append(Ml.Transforms.Concatenate("All", numbers))
            .Fit(Raw).Transform(Raw);

        NetworkBinaryTransformer one = Fit(rows, o => (o.FeatureColumnName, o.FeatureScaling) = ("All", scaling));
        NetworkBinaryTransformer several = Fit(rows, o => (o.FeatureColumnNames, o.FeatureScaling) = (names, scaling));

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(one), TrainerCase.WeightsOf(several));
    }

    [TestMethod]
    public void SaveAndLoad_AndPredictionEngine_GiveTheSameBits()
    {
        byte[] file = Models.Save(Fitted.Value, Raw.Schema);
        ITransformer loaded = Models.Load(file, new MLContext(seed: 9));
        using var engine = Ml.Model.CreatePredictionEngine<Person, Answer>(
            loaded, new PredictionEngineOptions { OwnsTransformer = false });
        float[] expected = [.. Fitted.Value.Transform(Unseen).GetColumn<float>("Score")];

        CollectionAssert.AreEqual(expected, loaded.Transform(Unseen).GetColumn<float>("Score").ToArray());
        CollectionAssert.AreEqual(expected, Person.Rows(300, seed: 2).Select(row => engine.Predict(row).Score).ToArray());
        Assert.AreEqual(file.Length, Models.Save(loaded, Raw.Schema).Length);
    }

    [TestMethod]
    public void CrossValidate_OverSeveralColumns_LearnsEachFold()
    {
        foreach (var fold in Ml.BinaryClassification.CrossValidateNonCalibrated(Raw, Pipeline(), numberOfFolds: 3))
        {
            Assert.IsGreaterThan(0.85, fold.Metrics.Accuracy);
        }
    }

    [TestMethod]
    public void PermutationFeatureImportance_OverSeveralColumns_NamesColumnsAndSlots()
    {
        var importance = Ml.BinaryClassification.PermutationFeatureImportanceNonCalibrated(Fitted.Value, Fitted.Value.Transform(Raw));

        CollectionAssert.AreEqual(
            new[]
            {
                "Age", "Cities.Berlin", "Cities.Kyiv", "Cities.Oslo", "Cities.Paris", "Cities.Rome", "Children", "Noise.0", "Noise.1",
                "Income", "Owns",
            }.Order().ToArray(),
            importance.Keys.Order().ToArray());
        Assert.IsLessThan(-0.1, importance["Age"].Accuracy.Mean);
        Assert.IsLessThan(0.05, Math.Abs(importance["Noise.0"].Accuracy.Mean));
    }

    [TestMethod]
    [DataRow(NumericFormat.Float32, 1e-4)]
    [DataRow(NumericFormat.Float16, 2e-2)]
    public void ExportToOnnx_OverSeveralColumns_ReadsThem(NumericFormat format, double tolerance)
    {
        using var stream = new MemoryStream();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            Fitted.Value, Unseen, stream, new OnnxExportOptions { Format = format });

        CollectionAssert.AreEquivalent(
            new[] { "Age", "City", "Children", "Noise", "Income", "Owns" }, report.Inputs.ToArray());
        Assert.IsLessThan(tolerance, report.Verification!.ModelToFile.LargestDifference!.Value, report.ToString());
    }

    [TestMethod]
    [DataRow("Missing", "There is no feature column 'Missing'")]
    [DataRow("City", "The feature column 'City' holds String", "Transforms.Categorical.OneHotEncoding")]
    [DataRow("Key", "The feature column 'Key' holds Key<UInt32>", "CategoricalColumnNames")]
    [DataRow("Words", "The feature column 'Words' holds vectors of unknown size")]
    [DataRow("Doubles", "The feature column 'Doubles' holds Vector<Double>", "ConvertType(\"Doubles\"")]
    public void Fit_OfAColumnThatIsNoNumber_NamesItAndSaysWhatToDo(string name, params string[] parts)
    {
        IDataView rows = Ml.Transforms.Conversion.MapValueToKey("Key", "City")
            .Append(Ml.Transforms.Text.TokenizeIntoWords("Words", "City"))
            .Append(Ml.Transforms.Conversion.ConvertType("Doubles", "Noise", DataKind.Double))
            .Fit(Raw).Transform(Raw);
        Action<MlpBinaryTrainer.Options> change = o => o.FeatureColumnNames = ["Age", name];

        foreach (Action use in (Action[])[
            () => Fit(rows, change),
            () => Ml.MixedPrecision().Trainers.MlpBinary(Options(change)).GetOutputSchema(SchemaShape.Create(rows.Schema))])
        {
            string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(use).Message;
            foreach (string part in parts)
            {
                StringAssert.Contains(message, part);
            }
        }
    }

    [TestMethod]
    public void Transform_OfAColumnThatHasChanged_NamesItAndBothTypes()
    {
        NetworkBinaryTransformer model = Fit(Raw, o => o.FeatureColumnNames = ["Age", "Noise"]);
        IDataView other = Ml.Transforms.CopyColumns("Noise", "Income").Fit(Raw).Transform(Raw);

        string message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.Transform(other)).Message;

        StringAssert.Contains(message, "The column 'Noise'");
        StringAssert.Contains(message, "holds Double; the model was trained on vectors of 2 Single.");
    }

    [TestMethod]
    public void Fit_OfAMissingValue_NamesTheColumn()
    {
        Person[] rows = Person.Rows(60);
        rows[7].Income = double.NaN;

        string message = Assert.ThrowsExactly<InvalidOperationException>(
            () => Fit(
                Ml.Data.LoadFromEnumerable(rows),
                o => (o.FeatureColumnNames, o.MissingValues) = (["Age", "Income"], MissingValues.Reject))).Message;

        StringAssert.Contains(message, "Row 7");
        StringAssert.Contains(message, "slot 1 ('Income')");
    }

    [TestMethod]
    public void OneVersusAll_OverSeveralColumns_SaysWhatToDoInstead()
    {
        IDataView rows = Ml.Transforms.Conversion.MapValueToKey("Kind", "City").Fit(Raw).Transform(Raw);
        MlpBinaryTrainer trainer = Ml.MixedPrecision().Trainers.MlpBinary(Options(o => o.FeatureColumnNames = ["Age", "Income"]));

        Exception error = Assert.Throws<Exception>(
            () => Ml.MulticlassClassification.Trainers.OneVersusAll(trainer, labelColumnName: "Kind").Fit(rows));

        StringAssert.Contains(error.Message, "Transforms.Concatenate");
    }

    [TestMethod]
    public void FeatureColumn_OfManyColumns_HasAShortNameOfItsOwn()
    {
        string[] many = [.. Enumerable.Range(0, 100).Select(i => $"column {i}")];
        string name = NameOf(many);

        Assert.IsLessThan(140, name.Length);
        StringAssert.StartsWith(name, "Features(100 columns, ");
        Assert.AreNotEqual(name, NameOf([.. many.Reverse()]));
        Assert.AreEqual("Features(Age, Noise)", NameOf("Age", "Noise"));

        static string NameOf(params string[] names)
            => new MlpBinaryTrainer.Options { FeatureColumnNames = names }.CreateFamily().FeatureColumn;
    }

    private static MlpBinaryTrainer.Options Options(Action<MlpBinaryTrainer.Options> change)
    {
        var options = new MlpBinaryTrainer.Options
        {
            HiddenLayers = [16],
            BatchSize = 32,
            Epochs = 20,
            LearningRate = 1e-2f,
            Seed = 1,
            ValidationFraction = 0,
        };
        change(options);
        return options;
    }

    private static NetworkBinaryTransformer Fit(IDataView rows, Action<MlpBinaryTrainer.Options> change)
        => Ml.MixedPrecision().Trainers.MlpBinary(Options(change)).Fit(rows);

    private sealed class Answer
    {
        public float Score { get; set; }
    }
}
