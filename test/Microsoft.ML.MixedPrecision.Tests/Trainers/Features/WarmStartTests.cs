namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Training that goes on from a model.</summary>
[TestClass]
public sealed class WarmStartTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    /// <summary>A second MapValueToKey numbers the classes by its own data's order: the old weights would begin with other classes.</summary>
    [TestMethod]
    public void Fit_FromAModelOfOtherKeys_IsRefused()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(60)), sorted = Ml.Data.LoadFromEnumerable(Blob.Rows(60).OrderBy(row => row.Kind, StringComparer.Ordinal));
        IDataView train = Blob.Preparation(Ml).Fit(rows).Transform(rows), renumbered = Blob.Preparation(Ml).Fit(sorted).Transform(sorted);
        MlpMulticlassTrainer trainer = Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options());
        MlpMulticlassTransformer first = trainer.Fit(train);

        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => trainer.Fit(renumbered, null, first));

        StringAssert.Contains(error.Message, "key 1 is not the class");
        trainer.Fit(train, null, first);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_FromAModel_ContinuesWhereItEnded(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(300));
        ITransformer first = task.Fit(Ml, train);
        uint[] before = TrainerCase.WeightsOf(first);

        ITransformer next = task.Fit(Ml, task.Options(options => (options.Epochs, options.LearningRate) = (2, 1e-4f)), train, previous: first);

        double last = TrainerCase.TrainingOf(first).History[^1].Loss, start = TrainerCase.TrainingOf(first).History[0].Loss;
        double continued = TrainerCase.TrainingOf(next).History[0].Loss;
        Assert.AreEqual(last, continued, 0.15 * (start - last), $"from {start} to {last}");
        CollectionAssert.AreEqual(before, TrainerCase.WeightsOf(first), "the previous model is not changed");
        CollectionAssert.AreNotEqual(before, TrainerCase.WeightsOf(next));
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_FromALoadedModelWithValidation_MeasuresAsThePrevious(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(300)), validation = task.Prepared(Ml, Sample.Rows(100, seed: 2));
        ITransformer first = task.Fit(Ml, task.Options(), train, validation);
        ITransformer loaded = Models.Load(Models.Save(first, train.Schema));

        TrainingResult next = TrainerCase.TrainingOf(task.Fit(Ml, task.Options(options => (options.Epochs, options.LearningRate) = (1, 1e-7f)), train, validation, loaded));

        double expected = TrainerCase.TrainingOf(first).History[^1].ValidationLoss!.Value;
        Assert.AreEqual(expected, next.History[0].ValidationLoss!.Value, 1e-3 * expected);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_FromAModelOfAnotherShape_NamesBoth(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(60));
        ITransformer first = task.Fit(Ml, train, options => options.Epochs = 1);

        var wider = Assert.ThrowsExactly<InvalidOperationException>(() => task.Fit(Ml, task.Options(options => options.HiddenLayers = [17]), train, previous: first));
        var other = Assert.ThrowsExactly<InvalidOperationException>(() => task.Fit(Ml, task.Options(options => options.Activation = ActivationKind.Tanh), train, previous: first));

        StringAssert.Contains(wider.Message, "4-16-");
        StringAssert.Contains(wider.Message, "4-17-");
        StringAssert.Contains(other.Message, "Relu");
        StringAssert.Contains(other.Message, "Tanh");
    }

    [TestMethod]
    public void Fit_FromAModelOfOtherLabelSizes_FoldsAndUnfoldsTheScaling()
    {
        IDataView train = TrainerCase.Regression.Prepared(Ml, Scaled(1000, 5000)), moved = TrainerCase.Regression.Prepared(Ml, Scaled(2000, 0));
        ITransformer first = TrainerCase.Regression.Fit(Ml, train);

        ITransformer next = TrainerCase.Regression.Fit(Ml, TrainerCase.Regression.Options(options => (options.Epochs, options.LearningRate) = (1, 1e-9f)), moved, previous: first);

        // With next to no learning the network is the same function, whatever mean and deviation it passed through.
        float[][] before = ScoredRows.ScoresOf(first.Transform(train)), after = ScoredRows.ScoresOf(next.Transform(train));
        foreach ((float[] one, float[] two) in before.Zip(after))
        {
            Assert.AreEqual(one[0], two[0], 2);
        }
    }

    [TestMethod]
    public void Fit_FromNoModel_Refuses()
        => Assert.ThrowsExactly<ArgumentNullException>(() => Ml.MixedPrecision().Trainers.MlpBinary().Fit(TrainerCase.Binary.Prepared(Ml, Sample.Rows(9)), null, null!));

    private static Sample[] Scaled(float scale, float offset)
    {
        Sample[] rows = Sample.Rows(200);
        foreach (Sample row in rows)
        {
            row.Value = (row.Value * scale) + offset;
        }

        return rows;
    }
}
