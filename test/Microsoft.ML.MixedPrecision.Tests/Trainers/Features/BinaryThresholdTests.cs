using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Another threshold of the probability.</summary>
[TestClass]
public sealed class BinaryThresholdTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Test = TrainerCase.Binary.Prepared(Ml, Sample.Rows(500, seed: 2));
    private static readonly NetworkBinaryTransformer Model = (NetworkBinaryTransformer)TrainerCase.Binary.Fit(
        Ml,
        TrainerCase.Binary.Prepared(Ml, Sample.Rows(200)),
        options => options.Epochs = 3);

    [TestMethod]
    [DataRow(0.1f)]
    [DataRow(0.5f)]
    [DataRow(0.9f)]
    public void WithThreshold_OfProbability_PredictsYesAboveIt(float threshold)
    {
        IDataView scored = Model.WithThreshold(threshold).Transform(Test);
        float[] probabilities = [.. scored.GetColumn<float>("Probability")];

        Assert.IsTrue(probabilities.All(p => Math.Abs(p - threshold) > 1e-6), "no row may be within rounding of the threshold");
        CollectionAssert.AreEqual(probabilities.Select(p => p > threshold).ToArray(), scored.GetColumn<bool>("PredictedLabel").ToArray());
        CollectionAssert.AreEqual(Model.Transform(Test).GetColumn<float>("Score").ToArray(), scored.GetColumn<float>("Score").ToArray());
    }

    [TestMethod]
    [DataRow(0f, true)]
    [DataRow(1f, false)]
    public void WithThreshold_OfTheBoundaries_PredictsTheSameForAll(float threshold, bool expected)
    {
        NetworkBinaryTransformer model = Model.WithThreshold(threshold);

        Assert.IsTrue(model.Transform(Test).GetColumn<bool>("PredictedLabel").All(label => label == expected));
        Assert.AreEqual(threshold, model.Threshold);
    }

    [TestMethod]
    [DataRow(-0.01f)]
    [DataRow(1.01f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void WithThreshold_OfAnythingElse_Refuses(float threshold)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Model.WithThreshold(threshold));

        StringAssert.Contains(error.Message, "from 0 to 1");
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(0.25f)]
    [DataRow(1f)]
    public void WithThreshold_ThenSaveAndLoad_KeepsIt(float threshold)
    {
        NetworkBinaryTransformer model = Model.WithThreshold(threshold);

        var loaded = (NetworkBinaryTransformer)Models.Load(Models.Save(model, Test.Schema));

        Assert.AreEqual(threshold, loaded.Threshold);
        CollectionAssert.AreEqual(
            model.Transform(Test).GetColumn<bool>("PredictedLabel").ToArray(),
            loaded.Transform(Test).GetColumn<bool>("PredictedLabel").ToArray());
    }

    [TestMethod]
    public void WithThreshold_OfATransformer_LeavesItAlone()
    {
        bool[] before = [.. Model.Transform(Test).GetColumn<bool>("PredictedLabel")];

        NetworkBinaryTransformer other = Model.WithThreshold(0.95f);

        Assert.AreEqual(0.5f, Model.Threshold);
        CollectionAssert.AreEqual(before, Model.Transform(Test).GetColumn<bool>("PredictedLabel").ToArray());
        CollectionAssert.AreNotEqual(before, other.Transform(Test).GetColumn<bool>("PredictedLabel").ToArray());
    }

    [TestMethod]
    public void WithThreshold_RowByRow_PredictsAsInBulk()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(Sample.Rows(200, seed: 2));
        var chain = (TransformerChain<ITransformer>)Models.Of(TrainerCase.Binary);
        var model = new TransformerChain<ITransformer>(
            [.. chain.SkipLast(1), ((NetworkBinaryTransformer)chain.LastTransformer).WithThreshold(0.8f)]);

        CollectionAssert.AreEqual(
            ScoredRows.BitsOf(model.Transform(rows)),
            ScoredRows.BitsOf(TrainerCase.Binary.Predict(Ml, model, Sample.Rows(200, seed: 2))));
    }
}
