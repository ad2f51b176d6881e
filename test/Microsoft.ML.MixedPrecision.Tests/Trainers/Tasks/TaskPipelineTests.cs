using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Each trainer in ML.NET's ordinary uses.</summary>
[TestClass]
public sealed class TaskPipelineTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(600));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Sample.Rows(1100, seed: 2));

    public static IEnumerable<object[]> All => TrainerCase.All;

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfAnEasyProblem_LearnsIt(TrainerCase task)
    {
        IDataView scored = task.Pipeline(Ml).Fit(Train).Transform(Test);

        Assert.IsGreaterThan(task.GoodQuality, task.Quality(Ml, scored));
    }

    [TestMethod]
    public void Evaluate_OfBinaryModel_AgreesWithScoresAndProbabilitiesByHand()
    {
        IDataView scored = TrainerCase.Binary.Pipeline(Ml).Fit(Train).Transform(Test);
        bool[] labels = [.. scored.GetColumn<bool>("Label")], predicted = [.. scored.GetColumn<bool>("PredictedLabel")];
        double[] probabilities = [.. scored.GetColumn<float>("Score").Select(score => 1 / (1 + Math.Exp(-score)))];

        CalibratedBinaryClassificationMetrics calibrated = Ml.BinaryClassification.Evaluate(scored);
        BinaryClassificationMetrics plain = Ml.BinaryClassification.EvaluateNonCalibrated(scored);

        Assert.AreEqual(labels.Zip(predicted, (label, answer) => label == answer ? 1.0 : 0).Average(), calibrated.Accuracy, 1e-9);
        Assert.AreEqual(calibrated.Accuracy, plain.Accuracy);
        Assert.AreEqual(labels.Zip(probabilities, (label, p) => -Math.Log2(label ? p : 1 - p)).Average(), calibrated.LogLoss, 1e-4);
        Assert.IsGreaterThan(0.99, plain.AreaUnderRocCurve);
        CollectionAssert.AreEqual(probabilities.Select(p => p > 0.5).ToArray(), predicted);
        foreach ((double expected, float actual) in probabilities.Zip(scored.GetColumn<float>("Probability")))
        {
            Assert.AreEqual(expected, actual, 1e-6);
        }
    }

    [TestMethod]
    public void Evaluate_OfRegressionModel_AgreesWithScoresByHand()
    {
        IDataView scored = TrainerCase.Regression.Pipeline(Ml).Fit(Train).Transform(Test);

        RegressionMetrics metrics = Ml.Regression.Evaluate(scored);

        double[] squares = [
            .. scored.GetColumn<float>("Label").Zip(
                scored.GetColumn<float>("Score"),
                (label, score) => Math.Pow((double)label - score, 2))];
        Assert.AreEqual(Math.Sqrt(squares.Average()), metrics.RootMeanSquaredError, 1e-6);
        Assert.IsLessThan(0.3, metrics.RootMeanSquaredError);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void CrossValidate_WithThreeFolds_LearnsEach(TrainerCase task)
    {
        double[] folds = task.CrossValidate(Ml, Train, task.Pipeline(Ml));

        Assert.HasCount(3, folds);
        Assert.IsTrue(folds.All(quality => quality > task.GoodQuality - 0.1), string.Join(", ", folds));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_BehindCacheCheckpoint_GivesTheSameBits(TrainerCase task)
    {
        ITransformer plain = task.Pipeline(Ml).Fit(Train);
        ITransformer cached = task.Preparation(Ml).AppendCacheCheckpoint(Ml).Append(task.Trainer(Ml, task.Options())).Fit(Train);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(plain), TrainerCase.WeightsOf(cached));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_ThroughEveryEntryOfTheCatalogs_GivesTheSameBitsFromColumnsOfAnyName(TrainerCase task)
    {
        IDataView renamed = Ml.Transforms.CopyColumns("L", "Label")
            .Append(Ml.Transforms.CopyColumns("F", "Features"))
            .Append(Ml.Transforms.CopyColumns("W", "Weight"))
            .Append(Ml.Transforms.DropColumns("Label", "Features"))
                .Fit(task.Prepared(Ml, Sample.Rows(2)))
                .Transform(task.Prepared(Ml, Sample.Rows(300)));

        uint[][] weights = Array.ConvertAll(task.Aliases(Ml, "L", "F", "W"), trainer => TrainerCase.WeightsOf(trainer.Fit(renamed)));

        CollectionAssert.AreEqual(weights[0], weights[1]);
        CollectionAssert.AreEqual(weights[0], weights[2]);
        Assert.IsFalse(
            weights[0].AsSpan().SequenceEqual(TrainerCase.WeightsOf(task.Aliases(Ml, "L", "F", null)[0].Fit(renamed))),
            "the weight column must be read");
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithTheSameSeed_GivesTheSameBitsAndWithAnotherDoesNot(TrainerCase task)
    {
        IDataView rows = task.Prepared(Ml, Sample.Rows(200));

        uint[] first = TrainerCase.WeightsOf(task.Fit(new MLContext(seed: 5), rows, options => options.Seed = null));
        uint[] again = TrainerCase.WeightsOf(
            task.Fit(new MLContext(seed: 6), rows, options => (options.Seed, options.NumberOfThreads) = (5, 1)));
        uint[] other = TrainerCase.WeightsOf(task.Fit(new MLContext(seed: 6), rows, options => options.Seed = null));

        CollectionAssert.AreEqual(first, again, "the seed of the context, and of the options, are the same");
        CollectionAssert.AreNotEqual(first, other);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithRowsOfWeightZero_LearnsFromTheOthersOnly(TrainerCase task)
    {
        Sample[] rows = Sample.Rows(400), spoiled = Sample.Rows(400);
        foreach ((Sample row, Sample twin) in rows.Zip(spoiled))
        {
            bool counts = row.Number % 4 != 0;
            row.Weight = twin.Weight = counts ? 1 : 0;
            if (!counts)
            {
                twin.Answer = !twin.Answer;
                twin.Kind = Sample.Kinds[row.Number / 4 % 3];
                twin.Value = -row.Value;
                twin.Values = [-row.Values[0], 8 - row.Values[1], -row.Values[2]];
            }
        }

        ITransformer learned = Fit(rows), learnedToo = Fit(spoiled);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(learned), TrainerCase.WeightsOf(learnedToo));

        // Not standardized: mean and deviation are of all rows.
        ITransformer Fit(Sample[] data) => task.Fit(Ml, task.Prepared(Ml, data), options =>
        {
            options.ExampleWeightColumnName = "Weight";
            if (options is MlpRegressionTrainer.Options regression)
            {
                regression.StandardizeLabel = false;
            }
        });
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Info_OfTrainer_SaysWhatItSupports(TrainerCase task)
    {
        var info = (TrainerInfo)((dynamic)task.Trainer(Ml, task.Options())).Info;

        Assert.IsFalse(info.NeedNormalization, "it scales features itself");
        Assert.IsTrue(info.SupportsValidation);
        Assert.IsTrue(info.SupportsIncrementalTraining);
        Assert.IsFalse(info.WantCaching);
    }
}
