using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Reports;
using Microsoft.ML.MixedPrecision.Tests.Reports;
using Microsoft.ML.MixedPrecision.Trainers;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>The training of a model is found wherever the model is, before and after it was saved.</summary>
[TestClass]
public sealed class GetTrainingTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Rows = Ml.Data.LoadFromEnumerable(Blob.Rows(200));

    private static readonly TransformerChain<ITransformer> Model = Blob.Pipeline(Ml, Blob.Options(options =>
    {
        options.Precision = PrecisionPolicy.MixedFloat16;
        options.LossScaling = LossScaling.Dynamic(initialScale: 1 << 24, growthInterval: 8);
    })).Fit(Rows);

    [TestMethod]
    public void GetTraining_OfAFittedPipeline_IsThatOfItsTransformer()
        => Assert.AreSame(Model.OfType<NetworkMulticlassTransformer>().Single().Training, Model.GetTraining());

    [TestMethod]
    public void GetTraining_OfALoadedPipeline_HasEverything()
    {
        TrainingResult training = Model.GetTraining()!;
        ITransformer loaded = Reloaded(Model), twice = Reloaded(loaded);

        Assert.IsGreaterThan(0, training.Skipped);
        CollectionAssert.AreEqual(FilledResult.Lines(training).ToArray(), FilledResult.Lines(loaded.GetTraining()).ToArray());
        Assert.AreEqual(training.Explain(), loaded.GetTraining()!.Explain());
        CollectionAssert.AreEqual(FilledResult.Lines(training).ToArray(), FilledResult.Lines(twice.GetTraining()).ToArray());
        Assert.AreSame(loaded.GetTraining(), loaded.GetTraining(), "read once");
    }

    [TestMethod]
    public void GetTraining_OfPartsAndOfChainsInChains_FindsIt()
    {
        ITransformer part = Model.OfType<NetworkMulticlassTransformer>().Single();

        Assert.AreSame(Model.GetTraining(), part.GetTraining());
        Assert.AreSame(Model.GetTraining(),
            new TransformerChain<ITransformer>(new TransformerChain<ITransformer>(Model), Preparation()).GetTraining());
        Assert.IsNotNull(Reloaded(new TransformerChain<ITransformer>(Model)).GetTraining());
        Assert.IsNotNull(Reloaded(part).GetTraining());
    }

    [TestMethod]
    public void GetTraining_OfModelsWithoutANetwork_IsNull()
    {
        Assert.IsNull(Preparation().GetTraining());
        Assert.IsNull(Blob.Preparation(Ml).Append(Ml.MulticlassClassification.Trainers.NaiveBayes()).Fit(Rows).GetTraining());
        Assert.HasCount(0, Preparation().GetTrainings());
        Assert.ThrowsExactly<ArgumentNullException>(() => ((ITransformer)null!).GetTraining());
        Assert.ThrowsExactly<ArgumentNullException>(() => ((ITransformer)null!).GetTrainings());
    }

    [TestMethod]
    public void GetTraining_OfSeveralNetworks_RefersToGetTrainings()
    {
        var options = (MlpBinaryTrainer.Options)TrainerCase.Binary.Options();
        options.Epochs = 1;
        ITransformer model = Blob.Preparation(Ml)
            .Append(Ml.MulticlassClassification.Trainers.OneVersusAll(Ml.MixedPrecision().Trainers.MlpBinary(options))).Fit(Rows);

        foreach (ITransformer each in (ITransformer[])[model, Reloaded(model)])
        {
            StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => each.GetTraining()).Message, "3 networks");
            Assert.HasCount(3, each.GetTrainings());
            Assert.HasCount(3, each.GetTrainings().Select(training => training.History[0].Loss).Distinct(), "one of each class");
        }
    }

    [TestMethod]
    public void GetTrainings_OfOneNetwork_HasIt() => Assert.AreSame(Model.GetTraining(), Model.GetTrainings().Single());

    [TestMethod]
    [DynamicData(nameof(TrainerCase.All), typeof(TrainerCase))]
    internal void GetTraining_OfALoadedModelOfEveryTask_HasItsHistory(TrainerCase task)
    {
        ITransformer model = task.Fit(Ml, task.Prepared(Ml, Sample.Rows(60)));

        CollectionAssert.AreEqual(
            FilledResult.Lines(model.GetTraining()).ToArray(), FilledResult.Lines(Models.Load(Models.Save(model)).GetTraining()).ToArray());
    }

    [TestMethod]
    public void SaveHistory_False_LeavesItOutOfTheFileOnly()
    {
        TransformerChain<ITransformer> without = Blob.Pipeline(Ml, Blob.Options(options => options.SaveHistory = false)).Fit(Rows);

        ITransformer loaded = Reloaded(without);

        Assert.IsNotNull(without.GetTraining());
        Assert.IsNull(loaded.GetTraining());
        Assert.HasCount(0, loaded.GetTrainings());
        CollectionAssert.AreEqual(Scores.BitsOf(without.Transform(Rows)), Scores.BitsOf(loaded.Transform(Rows)));
    }

    [TestMethod]
    [DataRow("multiclass")]
    [DataRow("binary")]
    [DataRow("regression")]
    public void GetTraining_OfAFileFromBeforeHistories_IsNull(string task)
        => Assert.IsNull(Ml.Model.Load(Path.Combine(AppContext.BaseDirectory, "Golden", $"mlp-{task}-0.1.zip"), out _).GetTraining());

    [TestMethod]
    public void Training_OfATextFromANewerVersion_IsNullAndOfADamagedOneAnError()
    {
        string text = SavedHistory.Write(Model.GetTraining()!);

        Assert.IsNull(With(text.Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal)).Training);
        Assert.ThrowsExactly<InvalidDataException>(() => With(text[..^1]).Training);
        Assert.ThrowsExactly<InvalidDataException>(() => With("").Training);
        Assert.IsNotNull(With(text).Training);
    }

    private static NetworkModel With(string history)
        => new(Ml, (new Network(new Perceptron(2, [3], ActivationKind.Relu, 2).ToSpec()),
            TrainingSummary.Of(Model.GetTraining()!) with { History = history }), softmax: true);

    private static ITransformer Preparation() => Blob.Preparation(Ml).Fit(Rows);

    private static ITransformer Reloaded(ITransformer model) => Models.Load(Models.Save(model, Rows.Schema));
}
