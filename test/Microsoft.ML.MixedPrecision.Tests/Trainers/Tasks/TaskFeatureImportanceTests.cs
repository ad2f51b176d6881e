using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>ML.NET's permutation feature importance of yes-or-no models and of numbers, by all of its overloads; it has none for several
/// targets.</summary>
[TestClass]
public sealed class TaskFeatureImportanceTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Sample.Rows(400));
    private static readonly TransformerChain<NetworkBinaryTransformer> Binary = Preparation(TrainerCase.Binary)
        .Append(Ml.MixedPrecision().Trainers.MlpBinary((MlpBinaryTrainer.Options)TrainerCase.Binary.Options()))
        .Fit(Train);
    private static readonly TransformerChain<NetworkRegressionTransformer> Regression = Preparation(TrainerCase.Regression)
        .Append(Ml.MixedPrecision().Trainers.MlpRegression((MlpRegressionTrainer.Options)TrainerCase.Regression.Options()))
        .Fit(Train);

    [TestMethod]
    public void PermutationFeatureImportance_OfWholeBinaryModel_NamesTheFeatureThatMatters()
    {
        var importance = Ml.BinaryClassification.PermutationFeatureImportanceNonCalibrated(
            Binary,
            Binary.Transform(Train),
            permutationCount: 2);

        Assert.IsLessThan(-0.15, importance["A"].AreaUnderRocCurve.Mean);
        Assert.IsLessThan(0.05, Math.Abs(importance["D"].AreaUnderRocCurve.Mean));
    }

    [TestMethod]
    public void PermutationFeatureImportance_OfBinaryTransformer_GivesOneEntryASlot()
    {
        ISingleFeaturePredictionTransformer<NetworkBinaryModelParameters> transformer = Binary.LastTransformer;

        var importance = Ml.BinaryClassification.PermutationFeatureImportance(transformer, Binary.Transform(Train), permutationCount: 2);

        Assert.HasCount(2, importance);
        Assert.IsLessThan(-0.15, importance[0].AreaUnderRocCurve.Mean);
        Assert.IsLessThan(0.05, Math.Abs(importance[1].AreaUnderRocCurve.Mean));
    }

    [TestMethod]
    public void PermutationFeatureImportance_OfRegressionModel_NamesTheFeatureThatMatters()
    {
        ISingleFeaturePredictionTransformer<NetworkRegressionModelParameters> transformer = Regression.LastTransformer;

        var whole = Ml.Regression.PermutationFeatureImportance(Regression, Regression.Transform(Train), permutationCount: 2);
        var slots = Ml.Regression.PermutationFeatureImportance(transformer, Regression.Transform(Train), permutationCount: 2);

        Assert.IsLessThan(-0.5, whole["A"].RSquared.Mean);
        Assert.IsLessThan(0.05, Math.Abs(whole["D"].RSquared.Mean));
        Assert.HasCount(2, slots);
        Assert.IsLessThan(-0.5, slots[0].RSquared.Mean);
    }

    private static IEstimator<ITransformer> Preparation(TrainerCase task)
        => Ml.Transforms.CopyColumns("Label", task.Source)
            .Append(Ml.Transforms.Concatenate("Features", "A", "D"))
            .Append((IEstimator<ITransformer>)Ml.Transforms.NormalizeMinMax("Features"));
}
