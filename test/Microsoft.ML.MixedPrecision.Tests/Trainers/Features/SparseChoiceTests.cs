using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>When rows stay sparse, what is refused then, and rows that cannot be trained on or scored.</summary>
[TestClass]
public sealed class SparseChoiceTests
{
    private static readonly (string Option, Action<MlpTrainerOptions> Change)[] Obstacles =
    [
        ("FeatureScaling is Robust", options => options.FeatureScaling = FeatureScaling.Robust),
        ("MissingValues is ImputeAndIndicate", options => options.MissingValues = MissingValues.ImputeAndIndicate),
        ("NumericEmbedding is Periodic", options => options.NumericEmbedding = NumericEmbedding.Periodic),
        ("ScaleLayer is True", options => options.ScaleLayer = true),
        ("DataDrivenStart is True", options => options.DataDrivenStart = true),
        ("Parametrization is NeuralTangent", options => options.Parametrization = Parametrization.NeuralTangent),
        ("Members is 3", options => options.Members = 3),
        ("Bags is 3", options => (options.Bags, options.ValidationFraction) = (3, null)),
    ];

    /// <summary>Each option that an embedding bag does not do.</summary>
    public static IEnumerable<object[]> Options => Obstacles.Select((_, i) => new object[] { i });

    [TestMethod]
    public void Fit_ByDefault_KeepsSparseRowsOfManySlotsAndSaysSo()
    {
        (ITransformer model, IReadOnlyList<string> log) = Fit(_ => { }, SparseRow.Rows(120));

        Assert.IsNotNull(TrainerCase.NetworkOf(model).Network.Bag);
        Assert.IsTrue(log.Any(line => line.Contains("Column 'Features' is sparse, with 0.0", StringComparison.Ordinal)
            && line.Contains("read as it is by an embedding bag", StringComparison.Ordinal)));
        Assert.IsFalse(log.Any(line => line.Contains("stored dense", StringComparison.Ordinal)));
    }

    /// <summary>Nothing but sums and a linear layer; a function for layers that there are not is noticed.</summary>
    [TestMethod]
    public void Fit_WithoutHiddenLayersSet_HasABagAndALinearLayer()
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        ml.Log += (_, line) => lines.Add(line.Message);
        IDataView rows = SparseModels.Labelled(SparseModels.Data(SparseRow.Rows(120)), "Answer");

        NetworkBinaryTransformer model = ml.MixedPrecision().Trainers.MlpBinary(
            new MlpBinaryTrainer.Options { Epochs = 1, ValidationFraction = 0, Activation = ActivationKind.Tanh }).Fit(rows);

        Assert.AreEqual("12000 sparse numbers, EmbeddingBag 32, Linear 1", model.Network.Network.Spec.ToString());
        Assert.IsTrue(lines.Any(line => line.Contains("Activation is Tanh, but behind an embedding bag", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_ByDefault_StoresDenseWhatIsNotSparse()
    {
        SparseRow[] full = [.. SparseRow.Rows(30).Select(row => Filled(row, every: 40))], dense = SparseModels.Dense(SparseRow.Rows(30));

        Assert.IsNull(TrainerCase.NetworkOf(Fit(_ => { }, dense).Model).Network.Bag);
        Assert.IsNull(TrainerCase.NetworkOf(Fit(_ => { }, full).Model).Network.Bag);
        Assert.IsNull(TrainerCase.NetworkOf(
            Fit(options => options.SparseFeatures = SparseFeatures.Dense, SparseRow.Rows(30)).Model).Network.Bag);
    }

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void Fit_WithAnOptionThatABagDoesNotDo_IsDenseByDefaultAndRefusedWhereAsked(int obstacle)
    {
        (string option, Action<MlpTrainerOptions> change) = Obstacles[obstacle];

        (ITransformer model, IReadOnlyList<string> log) = Fit(change, SparseRow.Rows(30));
        var error = Assert.ThrowsExactly<ArgumentException>(() => SparseModels.Pipeline("Kind", options =>
        {
            change(options);
            options.SparseFeatures = SparseFeatures.EmbeddingBag;
        }));

        Assert.IsNull(TrainerCase.NetworkOf(model).Network.Bag);
        Assert.IsTrue(log.Any(line => line.Contains($"stored dense, since {option}", StringComparison.Ordinal)));
        StringAssert.Contains(error.Message, $"SparseFeatures is EmbeddingBag, and {option}, which an embedding bag does not do");
    }

    [TestMethod]
    [DataRow(float.NaN, "Set SparseFeatures to Dense and MissingValues to ImputeAndIndicate")]
    [DataRow(float.PositiveInfinity, "features must be finite")]
    public void Fit_OfANumberThatIsNotFinite_SaysWhere(float value, string part)
    {
        SparseRow[] rows = [.. SparseRow.Rows(20), SparseRow.Of([5, 700], [1, value]), .. SparseRow.Rows(20, seed: 2)];

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(_ => { }, rows));

        StringAssert.Contains(error.Message, "Row 20 (counted from 0, in the order read) of the training set, column 'Features', holds");
        StringAssert.Contains(error.Message, "in slot 700");
        StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    public void Fit_OfARowOfAnotherLength_SaysWhere()
    {
        var other = new SparseRow { Features = new VBuffer<float>(77, 1, [1f], [3]), Kind = "low" };

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(_ => { }, [.. SparseRow.Rows(110), other]));

        StringAssert.Contains(error.Message, "Row 110 (counted from 0");
        StringAssert.Contains(error.Message, "holds 77 features; the column's type says 12000");
    }

    [TestMethod]
    public void Transform_OfBadRows_GivesNaNOrSaysWhere()
    {
        ITransformer model = Fit(_ => { }, SparseRow.Rows(120)).Model;
        SparseRow[] good = SparseRow.Rows(5, seed: 3);
        SparseRow[] rows = [.. good, SparseRow.Of([5, 700], [1, float.NaN]), .. good];

        float[][] scores = ScoredRows.ScoresOf(model.Transform(SparseModels.Data(rows)));

        Assert.IsTrue(scores[5].All(float.IsNaN));
        CollectionAssert.AreEqual(scores[0], scores[6]);
        Assert.IsTrue(scores[0].All(float.IsFinite));
        Assert.IsTrue(SparseModels.Predict("Kind", model, rows)[5][1..].All(float.IsNaN));

        var wrong = new SparseRow { Features = new VBuffer<float>(77, 1, [1f], [3]) };
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => ScoredRows.ScoresOf(model.Transform(SparseModels.Data([.. good, wrong]))));
        StringAssert.Contains(error.Message, "holds 77 values; the column's type says 12000");

        TrainerCase.NetworkOf(model).InvalidFeatures = InvalidFeatures.Throw;
        var refused = Assert.ThrowsExactly<InvalidOperationException>(
            () => ScoredRows.ScoresOf(model.Transform(SparseModels.Data(rows))));
        StringAssert.Contains(refused.Message, "Row 5 (counted from 0, in the order read), column 'Features', holds NaN in slot 700");
    }

    private static SparseRow Filled(SparseRow row, int every)
    {
        int[] slots = [.. Enumerable.Range(0, SparseRow.Slots / every).Select(i => i * every)];
        return new SparseRow
        {
            Features = new VBuffer<float>(SparseRow.Slots, slots.Length, [.. slots.Select(_ => 1f)], slots),
            Kind = row.Kind,
        };
    }

    private static (ITransformer Model, IReadOnlyList<string> Log) Fit(Action<MlpTrainerOptions> change, SparseRow[] rows)
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        ml.Log += (_, line) =>
        {
            lock (lines)
            {
                lines.Add(line.Message);
            }
        };
        ITransformer model = SparseModels.Fit(
            "Kind",
            options =>
            {
                options.Epochs = 2;
                change(options);
            },
            rows,
            ml);
        return (model, lines);
    }
}
