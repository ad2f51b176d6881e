
namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>ML.NET's one-versus-all over binary trainers of invented families.</summary>
[TestClass]
public sealed class FamilyOneVersusAllTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(TrialRow.Rows(400));
    private static readonly IDataView Test = Ml.Data.LoadFromEnumerable(TrialRow.Rows(300, seed: 2));

    [TestMethod]
    public void OneVersusAll_OverOneColumn_LearnsTheClasses()
        => AssertLearns(
            Ml.Transforms.Concatenate("Numbers", "Left", "Right", "Noise", "Side"),
            new FunnelBinaryTrainer(Ml, Quick(new FunnelBinaryTrainer.Options { FeatureColumnName = "Numbers" })));

    /// <summary>ML.NET's model reads one column: the family's mapper stands before it, and is not asked again by each network.</summary>
    [TestMethod]
    public void OneVersusAll_OverSeveralColumns_LearnsTheClasses()
    {
        MixedBinaryTrainer.Options options = Quick(new MixedBinaryTrainer.Options());

        AssertLearns(options.CreateFamily().CreateMapper(Ml)!, new MixedBinaryTrainer(Ml, options));
    }

    private static void AssertLearns(
        IEstimator<ITransformer> features,
        NetworkTrainer<NetworkBinaryTransformer, NetworkBinaryModelParameters> trainer)
    {
        ITransformer model = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
            .Append(features)
            .Append((IEstimator<ITransformer>)Ml.MulticlassClassification.Trainers.OneVersusAll(trainer))
            .Fit(Train);

        IDataView scored = model.Transform(Test);

        Assert.IsGreaterThan(0.9, Ml.MulticlassClassification.Evaluate(scored).MicroAccuracy);
        Assert.HasCount(3, model.GetTrainings());
        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(scored),
            ScoredRows.BitsOf(Models.Load(Models.Save(model, Train.Schema)).Transform(Test)));
    }

    private static TOptions Quick<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions
    {
        (options.BatchSize, options.Epochs, options.LearningRate, options.Seed, options.ValidationFraction) = (32, 20, 2e-2f, 1, 0);
        return options;
    }
}
