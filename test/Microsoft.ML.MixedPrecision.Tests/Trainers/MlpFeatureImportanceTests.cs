using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>ML.NET's permutation feature importance, by both of its overloads.</summary>
[TestClass]
public sealed class MlpFeatureImportanceTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Ml.Data.LoadFromEnumerable(Blob.Rows(500).Select(Named.Of).ToArray());
    private static readonly TransformerChain<NetworkMulticlassTransformer> Model = Ml.Transforms.Conversion.MapValueToKey("Label", "Kind")
        .Append(Ml.Transforms.Concatenate("Features", "Noise", "Size"))
        .Append(Ml.Transforms.NormalizeMinMax("Features"))
        .Append(Ml.MixedPrecision().Trainers.MlpMulticlass(Blob.Options()))
        .Fit(Train);

    [TestMethod]
    public void PermutationFeatureImportance_OfWholeModel_NamesTheFeatureThatMatters()
    {
        var importance = Ml.MulticlassClassification.PermutationFeatureImportance(Model, Model.Transform(Train), permutationCount: 2);

        CollectionAssert.AreEquivalent(new[] { "Noise", "Size" }, importance.Keys.ToArray());
        Assert.IsLessThan(-0.3, importance["Size"].MicroAccuracy.Mean);
        Assert.IsLessThan(0.05, Math.Abs(importance["Noise"].MicroAccuracy.Mean));
    }

    [TestMethod]
    public void PermutationFeatureImportance_OfPredictionTransformer_GivesOneEntryASlot()
    {
        ISingleFeaturePredictionTransformer<NetworkMulticlassModelParameters> transformer = Model.LastTransformer;

        var importance = Ml.MulticlassClassification.PermutationFeatureImportance(transformer, Model.Transform(Train), permutationCount: 2);

        Assert.HasCount(2, importance);
        Assert.IsLessThan(0.05, Math.Abs(importance[0].MicroAccuracy.Mean));
        Assert.IsLessThan(-0.3, importance[1].MicroAccuracy.Mean);
    }

    private sealed class Named
    {
        public string Kind { get; set; } = "";

        public float Noise { get; set; }

        public float Size { get; set; }

        public static Named Of(Blob row) => new() { Kind = row.Kind, Noise = row.Features[2], Size = row.Features[0] };
    }
}
