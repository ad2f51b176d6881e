using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Training that goes on from a model.</summary>
[TestClass]
public sealed class WarmStartTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => TrainerCase.All;

    /// <summary>A second MapValueToKey numbers the classes by its own data's order: the old weights would begin with other
    /// classes.</summary>
    [TestMethod]
    public void Fit_FromAModelOfOtherKeys_IsRefused()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Blob.Rows(60)), sorted = Ml.Data.LoadFromEnumerable(
            Blob.Rows(60).OrderBy(row => row.Kind, StringComparer.Ordinal));
        IDataView train = Blob.Preparation(Ml).Fit(rows).Transform(rows), renumbered = Blob.Preparation(Ml).Fit(sorted).Transform(sorted);
        MlpMulticlassTrainer trainer = Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options());
        NetworkMulticlassTransformer first = trainer.Fit(train);

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

        ITransformer next = task.Fit(
            Ml,
            task.Options(options => (options.Epochs, options.LearningRate) = (2, 1e-4f)),
            train,
            previous: first);

        double last = TrainerCase.TrainingOf(first).History[^1].Loss, start = TrainerCase.TrainingOf(first).History[0].Loss;
        double continued = TrainerCase.TrainingOf(next).History[0].Loss;
        Assert.AreEqual(last, continued, 0.15 * (start - last), $"from {start} to {last}");
        CollectionAssert.AreEqual(before, TrainerCase.WeightsOf(first), "the previous model is not changed");
        CollectionAssert.AreNotEqual(before, TrainerCase.WeightsOf(next));
    }

    /// <summary>The previous model scales features as its own rows were, whatever these are.</summary>
    [TestMethod]
    public void Fit_FromAModelOfRowsInOtherUnits_NamesThePreviousModelsScaling()
    {
        IDataView train = TrainerCase.Binary.Prepared(Ml, Sample.Rows(100));
        ITransformer first = TrainerCase.Binary.Fit(Ml, train);
        Sample[] shifted = Sample.Rows(100);
        Array.ForEach(shifted, row => row.Features[1] += 1e5f);

        var options = TrainerCase.Binary.Options(options => options.LearningRate = 1e-6f);
        TrainingResult next = TrainerCase.TrainingOf(
            TrainerCase.Binary.Fit(Ml, options, TrainerCase.Binary.Prepared(Ml, shifted), previous: first));

        string warning = next.Warnings.First(text => text.Contains("far from a scale of 1", StringComparison.Ordinal));
        StringAssert.Contains(warning, "those of the previous model");
        Assert.DoesNotContain("leave FeatureScaling at Standard", warning);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_FromALoadedModelWithValidation_MeasuresAsThePrevious(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(300)), validation = task.Prepared(Ml, Sample.Rows(100, seed: 2));
        ITransformer first = task.Fit(Ml, task.Options(options => options.EarlyStoppingPatience = 0), train, validation);
        ITransformer loaded = Models.Load(Models.Save(first, train.Schema));

        TrainingResult next = TrainerCase.TrainingOf(
            task.Fit(Ml, task.Options(options => (options.Epochs, options.LearningRate) = (1, 1e-7f)), train, validation, loaded));

        double expected = TrainerCase.TrainingOf(first).History[^1].ValidationLoss!.Value;
        Assert.AreEqual(expected, next.History[0].ValidationLoss!.Value, 1e-3 * expected);
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_FromAModelOfAnotherShape_NamesBoth(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(60));
        ITransformer first = task.Fit(Ml, train, options => options.Epochs = 1);

        var wider = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, task.Options(options => options.HiddenLayers = [17]), train, previous: first));
        var other = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, task.Options(options => options.Activation = ActivationKind.Tanh), train, previous: first));

        StringAssert.Contains(wider.Message, "4 numbers, Linear 16, Relu");
        StringAssert.Contains(wider.Message, "4 numbers, Linear 17, Relu");
        StringAssert.Contains(other.Message, "Relu");
        StringAssert.Contains(other.Message, "Tanh");
    }

    [TestMethod]
    public void Fit_FromAModelOfOtherLabelSizes_FoldsAndUnfoldsTheScaling()
    {
        IDataView train = TrainerCase.Regression.Prepared(Ml, Scaled(1000, 5000)),
        moved = TrainerCase.Regression.Prepared(Ml, Scaled(2000, 0));
        ITransformer first = TrainerCase.Regression.Fit(Ml, train);

        ITransformer next = TrainerCase.Regression.Fit(
            Ml,
            TrainerCase.Regression.Options(options => (options.Epochs, options.LearningRate) = (1, 1e-9f)),
            moved,
            previous: first);

        // With next to no learning the network is the same function, whatever mean and deviation it passed through.
        float[][] before = ScoredRows.ScoresOf(first.Transform(train)), after = ScoredRows.ScoresOf(next.Transform(train));
        foreach ((float[] one, float[] two) in before.Zip(after))
        {
            Assert.AreEqual(one[0], two[0], 2);
        }
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_FromAModelWithoutItsResiduals_NamesTheOption(TrainerCase task)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(60));
        ITransformer plain = task.Fit(Ml, train, options => (options.HiddenLayers, options.Epochs) = ([8, 8], 1));

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, task.Options(options => (options.HiddenLayers, options.Residual) = ([8, 8], true)), train, previous: plain));

        StringAssert.Contains(error.Message, "4 numbers, Linear 8, Relu, Linear 8, Relu, Linear ");
        StringAssert.Contains(error.Message, "4 numbers, Linear 8, Relu, Residual (Linear 8, Relu), Linear ");
        StringAssert.Contains(error.Message, "Residual, Members and MemberKind) as they were");
    }

    public static IEnumerable<object[]> Scalings =>
        from task in TrainerCase.All
        from before in Enum.GetValues<FeatureScaling>()
        from now in Enum.GetValues<FeatureScaling>()
        select (object[])[task[0], before, now];

    /// <summary>The previous model's scaling is kept, so that the option changes no bit; that is said where it asks for another.</summary>
    [TestMethod]
    [DynamicData(nameof(Scalings))]
    internal void Fit_FromAModelOfAnotherScaling_KeepsItsAndSaysSo(TrainerCase task, FeatureScaling before, FeatureScaling now)
    {
        IDataView train = task.Prepared(Ml, Sample.Rows(60));
        ITransformer first = task.Fit(Ml, train, options => (options.FeatureScaling, options.Epochs) = (before, 1));

        ITransformer next = Next(now);

        Assert.AreEqual(before, TrainerCase.NetworkOf(next).Network.Spec.Scaling);
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(Next(before)), TrainerCase.WeightsOf(next));
        string how = before == FeatureScaling.None ? "none" : $"its own, {before}";
        string[] expected = before == now ? [] :
        [
            $"FeatureScaling is {now}, but the previous model's scaling of features is kept, and that is {how}, "
            + "so that it changes nothing. "
            + $"Set FeatureScaling to {before}, or train without a previous model.",
        ];
        IEnumerable<string> said = TrainerCase.TrainingOf(next).Warnings
            .Where(warning => warning.StartsWith("FeatureScaling", StringComparison.Ordinal));
        CollectionAssert.AreEqual(expected, said.ToArray());

        ITransformer Next(FeatureScaling scaling)
            => task.Fit(Ml, task.Options(o => (o.FeatureScaling, o.Epochs) = (scaling, 1)), train, previous: first);
    }

    /// <summary>No layer of 4, 9, 8 columns is as wide as its input, so that the option changes nothing.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_FromAModelWhereResidualChangesNothing_GoesOn(bool residual)
    {
        IDataView train = TrainerCase.Regression.Prepared(Ml, Sample.Rows(60));
        ITransformer first = TrainerCase.Regression.Fit(
            Ml,
            train,
            options => (options.HiddenLayers, options.Residual) = ([9, 8], residual));

        TrainingResult[] next = [.. new[] { residual, !residual }.Select(now => TrainerCase.TrainingOf(
            TrainerCase.Regression.Fit(
                Ml,
                TrainerCase.Regression.Options(options => (options.HiddenLayers, options.Residual) = ([9, 8], now)),
                train,
                previous: first)))];

        CollectionAssert.AreEqual(
            next[0].History.Select(epoch => epoch.Loss).ToArray(),
            next[1].History.Select(epoch => epoch.Loss).ToArray());
    }

    /// <summary>In units of the new labels' deviation the old weights are beyond Float32, or their squares are.</summary>
    [TestMethod]
    [DataRow(1e-30f)]
    [DataRow(1f)]
    [DataRow(1e10f)]
    public void Fit_FromAModelOfFarLargerLabels_SaysThatItIsTheModel(float scale)
    {
        ITransformer first = TrainerCase.Regression.Fit(Ml, TrainerCase.Regression.Prepared(Ml, Scaled(1e20f, 0)));
        Sample[] rows = Scaled(scale, 0);

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.Regression.Fit(
                Ml,
                TrainerCase.Regression.Options(),
                TrainerCase.Regression.Prepared(Ml, rows),
                previous: first));

        StringAssert.Contains(error.Message, "The previous model predicts far larger numbers than the labels in column 'Label'");
        StringAssert.Contains(error.Message, "of target 0");
        StringAssert.Contains(error.Message, "without a previous model");
        double mean = rows.Average(row => (double)row.Value), deviation = Math.Sqrt(rows.Average(row => Math.Pow(row.Value - mean, 2)));
        double said = double.Parse(Regex.Match(error.Message, "deviation ([^,]+),").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.AreEqual(deviation, said, 1e-9 * deviation);
    }

    [TestMethod]
    public void Fit_FromAModelOfOneFarLargerTarget_NamesTheTarget()
    {
        Sample[] rows = Sample.Rows(200);
        Array.ForEach(rows, row => row.Values[1] *= 1e25f);
        ITransformer first = TrainerCase.SeveralTargets.Fit(Ml, TrainerCase.SeveralTargets.Prepared(Ml, rows));

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.SeveralTargets.Fit(
                Ml,
                TrainerCase.SeveralTargets.Options(),
                TrainerCase.SeveralTargets.Prepared(Ml, Sample.Rows(200)),
                previous: first));

        StringAssert.Contains(error.Message, "of target 1, counted from 0");
    }

    /// <summary>A factor of 1e7 has gradients of 1e14, whose squares Float32 holds: the weights come down as the optimizer lets
    /// them.</summary>
    [TestMethod]
    public void Fit_FromAModelOfLargerLabels_GoesOn()
    {
        ITransformer first = TrainerCase.Regression.Fit(Ml, TrainerCase.Regression.Prepared(Ml, Scaled(1e20f, 0)));

        TrainingResult next = TrainerCase.TrainingOf(
            TrainerCase.Regression.Fit(
                Ml,
                TrainerCase.Regression.Options(),
                TrainerCase.Regression.Prepared(Ml, Scaled(1e13f, 0)),
                previous: first));

        Assert.AreEqual(0, next.Skipped);
        // The first outputs are the standardized labels times 1e7, whose mean square is 1e14, of 32 rows within a quarter or so; all layers
        // learn to make them smaller.
        Assert.IsInRange(0.5e14, 2e14, next.History[0].Attempts[0].Loss);
        Assert.IsLessThan(0.1 * next.History[0].Loss, next.History[^1].Loss);
    }

    [TestMethod]
    public void Fit_FromNoModel_Refuses()
        => Assert.ThrowsExactly<ArgumentNullException>(
            () => Ml.MixedPrecision().Trainers.MlpBinary().Fit(TrainerCase.Binary.Prepared(Ml, Sample.Rows(9)), null, null!));

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
