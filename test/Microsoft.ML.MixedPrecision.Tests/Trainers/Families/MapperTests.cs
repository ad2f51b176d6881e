using System.IO.Compression;
using Microsoft.ML.Data;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Families;

/// <summary>What stands in front of a network over several columns.</summary>
[TestClass]
public sealed class MapperTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Train = Rows(TrialRow.Rows(300));
    private static readonly IDataView Test = Rows(TrialRow.Rows(200, seed: 2));

    /// <summary>The same network on the column that the mapper makes, made by hand, has the same bits: nothing else is changed.</summary>
    [TestMethod]
    public void Fit_OverSeveralColumns_GivesTheBitsOfOneColumnMadeByHand()
    {
        IDataView one = Ml.Transforms.Categorical.OneHotEncoding("Group1", "Group")
            .Append(Ml.Transforms.Concatenate("Numbers", "Left", "Right", "Noise", "Group1"))
            .Fit(Train)
            .Transform(Train);
        var twin = new FunnelBinaryTrainer(Ml, Quick(new FunnelBinaryTrainer.Options { FeatureColumnName = "Numbers" }));

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(twin.Fit(one)), TrainerCase.WeightsOf(Trainer().Fit(Train)));
    }

    /// <summary>The text of the other rows has values in another order, so that a mapper fitted on these would exchange them.</summary>
    [TestMethod]
    public void Fit_FromAPreviousModelAndWithValidation_MapsAsThatModelDoes()
    {
        NetworkBinaryTransformer first = Trainer().Fit(Train);
        TrialRow[] sorted = [.. TrialRow.Rows(300).OrderBy(row => row.Group == FirstGroup)];

        NetworkBinaryTransformer second = Trainer(options => options.Epochs = 1).Fit(Rows(sorted), Test, first);

        Assert.AreSame(first.Mapper, second.Mapper);
        Assert.AreEqual(1, second.Training!.History.Count);
        Assert.IsLessThan(0.3, second.Training.History[0].Loss, "it goes on from what has been learned");
        Assert.IsLessThan(0.3, second.Training.History[0].ValidationLoss!.Value, "of rows that were mapped alike");
    }

    [TestMethod]
    public void Transform_OfDataThatHaveTheColumn_TakesItAtItsWord()
    {
        NetworkBinaryTransformer model = Trainer().Fit(Train);
        IDataView mapped = model.Transform(Test);
        IDataView other = Ml.Transforms.CopyColumns("Left", "Right").Fit(mapped).Transform(mapped);

        CollectionAssert.AreEqual(ScoredRows.BitsOf(mapped), ScoredRows.BitsOf(model.Transform(other)));
    }

    [TestMethod]
    public void WithThreshold_OverSeveralColumns_StillReadsThem()
    {
        NetworkBinaryTransformer model = Trainer().Fit(Train), careful = model.WithThreshold(0.9f);

        bool[] expected = [.. model.Transform(Test).GetColumn<float>("Probability").Select(probability => probability > 0.9f)];
        CollectionAssert.AreEqual(expected, careful.Transform(Test).GetColumn<bool>("PredictedLabel").ToArray());
    }

    [TestMethod]
    public void LoadCheckpoint_OverSeveralColumns_ReadsThem()
    {
        using var folder = new TemporaryFolder();
        NetworkBinaryTransformer fitted = Trainer(
            options => options.Checkpoint = new CheckpointOptions { Folder = folder.File("checkpoints") }).Fit(Train);

        ITransformer loaded = new MLContext().MixedPrecision().Model.LoadCheckpoint(folder.File("checkpoints"));

        CollectionAssert.AreEqual(ScoredRows.BitsOf(fitted.Transform(Test)), ScoredRows.BitsOf(loaded.Transform(Test)));
    }

    /// <summary>A file with a mapper is of a later version, so that a library that knows of none refuses it instead of passing over it; a
    /// file without is of the first.</summary>
    [TestMethod]
    public void Save_WithAndWithoutMapper_WritesTheVersionThatCanHoldIt()
    {
        NetworkBinaryTransformer mapped = Trainer(options => options.Epochs = 1).Fit(Train);
        NetworkBinaryTransformer plain = Trainer(options => options.Epochs = 1).Fit(mapped.Transform(Train));

        Assert.IsNull(plain.Mapper);
        Assert.AreEqual(0x00010002u, VersionOf(mapped));
        Assert.AreEqual(0x00010001u, VersionOf(plain));
    }

    private static string FirstGroup => TrialRow.Rows(1)[0].Group;

    private static IDataView Rows(TrialRow[] rows) => Ml.Transforms.CopyColumns("Label", "Answer")
        .Fit(Ml.Data.LoadFromEnumerable(rows))
        .Transform(Ml.Data.LoadFromEnumerable(rows));

    private static MixedBinaryTrainer Trainer(Action<NetworkTrainerOptions>? change = null)
    {
        MixedBinaryTrainer.Options options = Quick(new MixedBinaryTrainer.Options());
        change?.Invoke(options);
        return new MixedBinaryTrainer(Ml, options);
    }

    private static TOptions Quick<TOptions>(TOptions options)
        where TOptions : NetworkTrainerOptions
    {
        (options.BatchSize, options.Epochs, options.LearningRate, options.Seed, options.ValidationFraction) = (32, 20, 2e-2f, 1, 0);
        return options;
    }

    private static uint VersionOf(NetworkBinaryTransformer model)
    {
        using var stream = new MemoryStream(Models.Save(model, Train.Schema));
        using var file = new ZipArchive(stream);
        using var key = new MemoryStream();
        using Stream entry = file.GetEntry("TransformerChain/Model.key")!.Open();
        entry.CopyTo(key);
        int at = key.ToArray().AsSpan().IndexOf("MPMLPBNT"u8);
        return BitConverter.ToUInt32(key.ToArray(), at + 8);
    }
}
