using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>The trainer in ML.NET's ordinary uses.</summary>
[TestClass]
public sealed class MlpPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(600));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Blob.Rows(2500, seed: 2));
    private static readonly TransformerChain<ITransformer> Model = Blob.Pipeline(Ml).Fit(Train);

    [TestMethod]
    public void Evaluate_OfSeparableClasses_IsGood()
    {
        MulticlassClassificationMetrics metrics = Ml.MulticlassClassification.Evaluate(Model.Transform(Test));

        Assert.IsGreaterThan(0.97, metrics.MicroAccuracy);
        Assert.IsLessThan(0.15, metrics.LogLoss);
        Assert.HasCount(3, metrics.PerClassLogLoss);
    }

    [TestMethod]
    public void CrossValidate_WithThreeFolds_FitsThreeModels()
    {
        var folds = Ml.MulticlassClassification.CrossValidate(Train, Blob.Pipeline(Ml), numberOfFolds: 3);

        Assert.HasCount(3, folds);
        Assert.IsTrue(folds.All(fold => fold.Metrics.MicroAccuracy > 0.95));
    }

    [TestMethod]
    public void Schema_OfScoredData_HasKeyWithValuesAndScoresWithSlotNames()
    {
        DataViewSchema schema = Model.Transform(Test).Schema;

        VBuffer<ReadOnlyMemory<char>> slots = default;
        schema["Score"].GetSlotNames(ref slots);
        VBuffer<ReadOnlyMemory<char>> keys = default;
        schema["PredictedLabel"].GetKeyValues(ref keys);

        Assert.AreEqual(new KeyDataViewType(typeof(uint), 3), schema["PredictedLabel"].Type);
        Assert.AreEqual(3, ((VectorDataViewType)schema["Score"].Type).Size);
        CollectionAssert.AreEquivalent(Blob.Kinds, slots.DenseValues().Select(slot => slot.ToString()).ToArray());
        CollectionAssert.AreEqual(
            slots.DenseValues().Select(slot => slot.ToString()).ToArray(),
            keys.DenseValues().Select(key => key.ToString()).ToArray());
    }

    [TestMethod]
    public void GetOutputSchema_OfTrainer_AgreesWithTheFittedTransformer()
    {
        var prepared = Blob.Preparation(Ml).Fit(Train).Transform(Train);
        var trainer = Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options());

        SchemaShape promised = trainer.GetOutputSchema(SchemaShape.Create(prepared.Schema));
        SchemaShape made = SchemaShape.Create(trainer.Fit(prepared).Transform(prepared).Schema);

        foreach (string name in new[] { "Score", "PredictedLabel" })
        {
            Assert.IsTrue(promised.TryFindColumn(name, out SchemaShape.Column expected));
            Assert.IsTrue(made.TryFindColumn(name, out SchemaShape.Column actual));
            Assert.AreEqual(expected.GetTypeString(), actual.GetTypeString());
            CollectionAssert.IsSubsetOf(
                expected.Annotations.Select(annotation => annotation.Name).ToArray(),
                actual.Annotations.Select(annotation => annotation.Name).ToArray());
        }
    }

    [TestMethod]
    public void Fit_BehindCacheCheckpoint_GivesTheSameScores()
    {
        var cached = Blob.Preparation(Ml)
            .AppendCacheCheckpoint(Ml)
            .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options()))
            .Fit(Train);

        CollectionAssert.AreEqual(Scores.BitsOf(Model.Transform(Test)), Scores.BitsOf(cached.Transform(Test)));
    }

    [TestMethod]
    public void Fit_ThroughEveryEntryOfTheCatalog_GivesTheSameScores()
    {
        var trainers = new[]
        {
            Ml.MixedPrecision().Trainers.MlpMulticlass(
                hiddenLayers: [8],
                epochs: 2,
                batchSize: 64,
                learningRate: 0.01f,
                precision: PrecisionPolicy.MixedBFloat16),
            Ml.MulticlassClassification.Trainers.MixedPrecisionMlp(
                hiddenLayers: [8],
                epochs: 2,
                batchSize: 64,
                learningRate: 0.01f,
                precision: PrecisionPolicy.MixedBFloat16),
            Ml.MulticlassClassification.Trainers.MixedPrecisionMlp(
                new MlpMulticlassTrainer.Options
                {
                    HiddenLayers = [8],
                    Epochs = 2,
                    BatchSize = 64,
                    LearningRate = 0.01f,
                    Precision = PrecisionPolicy.MixedBFloat16,
                    Seed = 1,
                }),
        };

        var scores = Array.ConvertAll(trainers, trainer => Scores.BitsOf(Blob.Preparation(Ml).Append(trainer).Fit(Train).Transform(Test)));

        CollectionAssert.AreEqual(scores[0], scores[1]);
        CollectionAssert.AreEqual(scores[0], scores[2], "an explicit seed equals the same seed of the context");
    }

    [TestMethod]
    public void Fit_WithExampleWeights_FollowsTheWeights()
    {
        Blob[] rows = Blob.Rows(400);
        foreach (Blob row in rows)
        {
            row.Weight = row.Kind == "red" ? 1 : 0;
        }

        var model = Blob.Pipeline(
            Ml,
            Blob.Options(options => options.ExampleWeightColumnName = "Weight")).Fit(Ml.Data.LoadFromEnumerable(rows));

        Assert.IsTrue(
            model.Transform(Test).GetColumn<string>("PredictedKind").All(kind => kind == "red"),
            "rows of weight 0 teach nothing");
    }

    [TestMethod]
    public void Training_OfFittedTransformer_TellsWhatHappened()
    {
        var epochs = new List<int>();
        var trainer = Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options(options =>
        {
            options.Precision = PrecisionPolicy.MixedFloat16;
            options.MetricsCallback = metrics => epochs.Add(metrics.Epoch);
        }));

        TrainingResult training = trainer.Fit(Blob.Preparation(Ml).Fit(Train).Transform(Train)).Training!;

        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5, 6 }, epochs);
        Assert.HasCount(6, training.History);
        Assert.AreEqual(600, training.Rows);
        Assert.AreEqual(0, training.RowsWithoutLabel);
        Assert.IsGreaterThan(0, training.Memory.Shadows);
        Assert.IsGreaterThan(600 * 8, training.Memory.Data);
        StringAssert.Contains(training.Explain(), "Float16");
    }

    [TestMethod]
    public void Info_OfTrainer_AsksForNormalizationOnlyWhereItDoesNotScale()
    {
        TrainerInfo info = Ml.MixedPrecision().Trainers.MlpMulticlass().Info;

        Assert.IsFalse(info.NeedNormalization);
        Assert.IsTrue(
            Ml.MixedPrecision().Trainers.MlpMulticlass(
                new MlpMulticlassTrainer.Options { FeatureScaling = FeatureScaling.None }).Info.NeedNormalization);
        Assert.IsTrue(info.SupportsValidation);
        Assert.IsFalse(info.WantCaching);
    }

    [TestMethod]
    public void ExportToOnnx_OfPipeline_ScoresAsTheModelDoes()
    {
        string path = Path.GetTempFileName();
        try
        {
            OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(Model, Test, path);
            using var stream = new MemoryStream();
            Ml.MixedPrecision().Model.ExportToOnnx(Model, Test.Schema, stream, new OnnxExportOptions { Format = NumericFormat.Float16 });

            Assert.IsLessThan(1e-5, report.Verification!.ModelToFile.LargestDifference!.Value);
            Assert.AreEqual(new FileInfo(path).Length, report.FileBytes);
            Assert.IsGreaterThan(0, stream.Length);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
