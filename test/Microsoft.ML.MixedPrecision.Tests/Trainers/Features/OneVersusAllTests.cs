using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>ML.NET's one-versus-all over the binary trainer.</summary>
[TestClass]
public sealed class OneVersusAllTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(400));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(Sample.Rows(400, seed: 2));

    [TestMethod]
    public void OneVersusAll_WithoutRowsOfAClass_LearnsTheOthers()
    {
        ITransformer keys = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(Train);
        IDataView rows = keys.Transform(Ml.Data.FilterByCustomPredicate<Sample>(Train, row => row.Kind == "high"));

        ITransformer model = Ml.Transforms.NormalizeMeanVariance("Features", fixZero: false)
            .Append(
                Ml.MulticlassClassification.Trainers.OneVersusAll(
                    Ml.MixedPrecision().Trainers.MlpBinary((MlpBinaryTrainer.Options)TrainerCase.Binary.Options()))).Fit(rows);

        Assert.IsGreaterThan(0.8, Ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy);
    }

    [TestMethod]
    public void OneVersusAll_OfThreeClassesInAColumnOfAnotherName_LearnsThem()
    {
        ITransformer model = Pipeline("Class").Fit(Train);

        MulticlassClassificationMetrics metrics = Ml.MulticlassClassification.Evaluate(model.Transform(Test), labelColumnName: "Class");

        Assert.IsGreaterThan(0.9, metrics.MicroAccuracy);
        Assert.HasCount(3, metrics.PerClassLogLoss);
        CollectionAssert.IsSubsetOf(model.Transform(Test).GetColumn<string>("Name").Distinct().ToArray(), Sample.Kinds);
    }

    [TestMethod]
    public void OneVersusAll_SavedAndLoaded_GivesTheSameBits()
    {
        ITransformer model = Pipeline("Label").Fit(Train);

        ITransformer loaded = Models.Load(Models.Save(model));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(model.Transform(Test)), ScoredRows.BitsOf(loaded.Transform(Test)));
    }

    [TestMethod]
    [DataRow(InvalidFeatures.Throw)]
    [DataRow(InvalidFeatures.ScoreNaN)]
    public void OneVersusAll_SavedAndLoaded_TreatsInvalidFeaturesAsBefore(InvalidFeatures treatment)
    {
        MlpBinaryTrainer trainer = Trainer(options => (options.InvalidFeatures, options.Epochs) = (treatment, 1));
        IDataView rows = TrainerCase.Multiclass.Prepared(Ml, Sample.Rows(60));
        ITransformer model = Ml.MulticlassClassification.Trainers.OneVersusAll(trainer).Fit(rows);
        ITransformer loaded = Models.Load(Models.Save(model, rows.Schema));
        Sample[] bad = Sample.Rows(9);
        bad[4].Features[1] = float.NaN;

        foreach (ITransformer each in new[] { model, loaded, Models.Load(Models.Save(loaded, rows.Schema)) })
        {
            IDataView scored = each.Transform(Ml.Data.LoadFromEnumerable(bad));
            if (treatment == InvalidFeatures.ScoreNaN)
            {
                Assert.IsTrue(ScoredRows.ScoresOf(scored)[4].All(float.IsNaN));
            }
            else
            {
                var error = Assert.Throws<Exception>(() => ScoredRows.ScoresOf(scored));
                StringAssert.Contains(error.ToString(), "holds NaN in slot 1; features must be finite where InvalidFeatures is Throw");
            }
        }
    }

    [TestMethod]
    public void OneVersusAll_WithoutTrainerOrLabel_Refuses()
    {
        MlpBinaryTrainer trainer = Ml.MixedPrecision().Trainers.MlpBinary();

        Assert.ThrowsExactly<ArgumentNullException>(() => Ml.MulticlassClassification.Trainers.OneVersusAll((MlpBinaryTrainer)null!));
        Assert.ThrowsExactly<ArgumentException>(() => Ml.MulticlassClassification.Trainers.OneVersusAll(trainer, " "));
    }

    /// <summary>ML.NET's rows of validation would hold the class, not whether it is the one asked for.</summary>
    [TestMethod]
    public void OneVersusAll_WithAValidationSet_RefusesAtOnceAndNamesTheShare()
    {
        MlpBinaryTrainer trainer = Trainer(options => options.ValidationSet = Train);

        var error = Assert.ThrowsExactly<ArgumentException>(() => Ml.MulticlassClassification.Trainers.OneVersusAll(trainer));

        StringAssert.Contains(error.Message, "ValidationSet is set");
        StringAssert.Contains(error.Message, "set ValidationFraction");
    }

    [TestMethod]
    public void OneVersusAll_WithAShareOfValidationRows_StopsEarly()
    {
        var epochs = new List<int>();
        MlpBinaryTrainer trainer = Trainer(options =>
        {
            (options.ValidationFraction, options.EarlyStoppingPatience, options.Epochs) = (0.25f, 2, 200);
            options.MetricsCallback = metrics =>
            {
                Assert.IsNotNull(metrics.ValidationLoss);
                epochs.Add(metrics.Epoch);
            };
        });

        Ml.MulticlassClassification.Trainers.OneVersusAll(trainer).Fit(TrainerCase.Multiclass.Prepared(Ml, Sample.Rows(100)));

        Assert.IsLessThan(200, epochs.Max());
    }

    private static EstimatorChain<ITransformer> Pipeline(string label) => new EstimatorChain<ITransformer>()
        .Append((IEstimator<ITransformer>)Ml.Transforms.Conversion.MapValueToKey(label, "Kind"))
        .Append((IEstimator<ITransformer>)Ml.Transforms.NormalizeMeanVariance("Features", fixZero: false))
        .Append(
            (IEstimator<ITransformer>)Ml.MulticlassClassification.Trainers.OneVersusAll(
                Ml.MixedPrecision().Trainers.MlpBinary((MlpBinaryTrainer.Options)TrainerCase.Binary.Options()),
                label))
        .Append((IEstimator<ITransformer>)Ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel"));

    private static MlpBinaryTrainer Trainer(Action<MlpBinaryTrainer.Options> change)
        => Ml.MixedPrecision().Trainers.MlpBinary(
            (MlpBinaryTrainer.Options)TrainerCase.Binary.Options(options => change((MlpBinaryTrainer.Options)options)));
}
