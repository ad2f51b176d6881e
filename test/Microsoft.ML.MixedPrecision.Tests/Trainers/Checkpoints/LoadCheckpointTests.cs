using Microsoft.ML.Data;
using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>A transformer from a checkpoint is the one that a fit gives that stops there.</summary>
[TestClass]
public sealed class LoadCheckpointTests : IDisposable
{
    private static readonly MLContext Ml = new(seed: 1);
    private readonly CheckpointedFit _fits = new();

    public static IEnumerable<object[]> Tasks
        => from task in TrainerCase.All
           from change in (Action<MlpTrainerOptions>[])
           [
               _ => { },
               options => (options.ValidationFraction, options.LearningRate, options.EarlyStoppingPatience) = (0.3f, 0.3f, 0),
               options => (options.FeatureScaling, options.Normalization) = (FeatureScaling.None, NormalizationKind.BatchNorm),
           ]
           select (object[])[task[0], change];

    public void Dispose() => _fits.Dispose();

    [TestMethod]
    [DynamicData(nameof(Tasks))]
    internal void LoadCheckpoint_OfAStoppedRun_IsWhatAFitGivesThatStopsThere(TrainerCase task, Action<MlpTrainerOptions> change)
    {
        ITransformer expected = CheckpointedFit.FitPlain(
            task,
            change,
            metrics => (metrics.Epoch == 3 ? metrics.RequestStop : (Action)(() => { }))());
        Interrupt(task, change);

        ITransformer loaded = Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder);

        AssertScores(task, expected, loaded);
        Assert.IsNull(((dynamic)loaded).Training);
    }

    [TestMethod]
    [DynamicData(nameof(Tasks))]
    internal void LoadCheckpoint_OfAFinishedRun_IsItsModel(TrainerCase task, Action<MlpTrainerOptions> change)
    {
        ITransformer expected = _fits.Fit(task, change);

        AssertScores(task, expected, Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Files[0]));
        AssertScores(task, expected, Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Runs.Single()));
    }

    [TestMethod]
    public void LoadCheckpoint_OfARunThatWasToldToStop_IsItsBestModel()
    {
        ITransformer expected = _fits.Fit(
            TrainerCase.Regression,
            options => (options.ValidationFraction, options.LearningRate, options.EarlyStoppingPatience) = (0.3f, 0.3f, 0),
            onEpoch: (_, metrics) => (metrics.Epoch == 5 ? metrics.RequestStop : (Action)(() => { }))());
        Assert.AreNotEqual(5, TrainerCase.TrainingOf(expected).BestEpoch);

        AssertScores(TrainerCase.Regression, expected, Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder));
    }

    [TestMethod]
    public void LoadCheckpoint_OfADamagedNewestOne_TakesTheOneBeforeWithAWarning()
    {
        Interrupt(TrainerCase.Binary, _ => { });
        byte[] bytes = File.ReadAllBytes(_fits.Files[0]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(_fits.Files[0], bytes);
        var ml = new MLContext();
        List<string> log = [];
        ml.Log += (_, e) => log.Add(e.Message);

        ITransformer loaded = ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder);

        AssertScores(
            TrainerCase.Binary,
            CheckpointedFit.FitPlain(
                TrainerCase.Binary,
                onEpoch: metrics => (metrics.Epoch == 2 ? metrics.RequestStop : (Action)(() => { }))()),
            loaded);
        Assert.IsTrue(log.Any(line => line.Contains(_fits.Files[0], StringComparison.Ordinal)));
        Assert.ThrowsExactly<InvalidDataException>(() => ml.MixedPrecision().Model.LoadCheckpoint(_fits.Files[0]));
    }

    [TestMethod]
    [DynamicData(nameof(Tasks))]
    internal void LoadCheckpoint_ThenSaveAndLoad_ScoresTheSame(TrainerCase task, Action<MlpTrainerOptions> change)
    {
        Interrupt(task, change);
        ITransformer loaded = Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder);

        AssertScores(task, loaded, Models.Load(Models.Save(loaded)));
    }

    [TestMethod]
    public void LoadCheckpoint_OfAMulticlassRun_KnowsTheClassesByName()
    {
        Interrupt(TrainerCase.Multiclass, _ => { });

        IDataView scored = Ml.MixedPrecision()
            .Model.LoadCheckpoint(_fits.Folder)
            .Transform(CheckpointedFit.Rows(TrainerCase.Multiclass, 50));

        VBuffer<ReadOnlyMemory<char>> keys = default, slots = default;
        scored.Schema["PredictedLabel"].GetKeyValues(ref keys);
        scored.Schema["Score"].GetSlotNames(ref slots);
        CollectionAssert.AreEquivalent(Sample.Kinds, keys.DenseValues().Select(name => name.ToString()).ToArray());
        CollectionAssert.AreEqual(
            keys.DenseValues().Select(name => name.ToString()).ToArray(),
            slots.DenseValues().Select(name => name.ToString()).ToArray());
    }

    [TestMethod]
    public void LoadCheckpoint_ThenExport_IsReadByOnnxRuntime()
    {
        Interrupt(TrainerCase.Binary, _ => { });
        ITransformer loaded = Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder);
        using var folder = new TemporaryFolder();

        OnnxExportReport report = Ml.MixedPrecision().Model.ExportToOnnx(
            loaded,
            CheckpointedFit.Rows(TrainerCase.Binary, 50),
            folder.File("network.onnx"));

        Assert.AreEqual(50, report.Verification!.Rows);
        Assert.IsLessThan(1e-5, report.Verification.ModelToFile.LargestDifference!.Value);
    }

    [TestMethod]
    public void LoadCheckpoint_OfARunThatKeepsInvalidFeaturesOut_DoesSoToo()
    {
        Interrupt(TrainerCase.Binary, options => options.InvalidFeatures = InvalidFeatures.Throw);

        Assert.AreEqual(
            InvalidFeatures.Throw,
            ((NetworkBinaryTransformer)Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder)).InvalidFeatures);
    }

    [TestMethod]
    public void LoadCheckpoint_WhileItsRunGoesOn_Works()
    {
        ITransformer? loaded = null;
        _fits.Fit(
            TrainerCase.Binary,
            onEpoch: (_, metrics) => loaded = metrics.Epoch == 3 ? Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder) : loaded);

        AssertScores(
            TrainerCase.Binary,
            CheckpointedFit.FitPlain(
                TrainerCase.Binary,
                onEpoch: metrics => (metrics.Epoch == 2 ? metrics.RequestStop : (Action)(() => { }))()),
            loaded!);
    }

    [TestMethod]
    public void LoadCheckpoint_OfAFolderOfSeveralRuns_AsksWhich()
    {
        _fits.Fit(TrainerCase.Binary);
        _fits.Fit(TrainerCase.Binary, options => options.Seed = 2);

        var error = Assert.ThrowsExactly<InvalidOperationException>(() => Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Folder));

        StringAssert.Contains(error.Message, "of 2 runs: " + string.Join(", ", _fits.Runs.Select(Path.GetFileName)));
    }

    /// <summary>Before model files of version 4 the text 'model' held the network, as a perceptron's definition.</summary>
    [TestMethod]
    public void LoadCheckpoint_OfAnEarlierVersion_SaysThatItIsNotKept()
    {
        _fits.Fit(TrainerCase.Binary);
        CheckpointContents contents = CheckpointFile.Read(_fits.Files[0]);
        var texts = contents.Texts.Where(text => text.Key != "network").ToDictionary();
        texts["model"] = "{\"Network\":{\"Inputs\":4,\"HiddenLayers\":[16],\"Activation\":\"Relu\",\"Outputs\":1}," + texts["model"][1..];
        CheckpointFile.Write(_fits.Files[0], contents with { Texts = texts });

        var error = Assert.ThrowsExactly<InvalidDataException>(() => Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Files[0]));

        StringAssert.Contains(error.Message, "an earlier version of the library wrote it");
        StringAssert.Contains(error.Message, "load it with the version that wrote it and save the model, or train anew");
    }

    [TestMethod]
    [DataRow("\"outputs\":16", "\"outputs\":1000000")]
    [DataRow("\"outputs\":16", "\"outputs\":0")]
    [DataRow("\"layer\":\"linear\"", "\"layer\":\"conv9\"")]
    public void LoadCheckpoint_WithANetworkThatIsNone_IsRefused(string from, string to)
    {
        _fits.Fit(TrainerCase.Binary);
        CheckpointContents contents = CheckpointFile.Read(_fits.Files[0]);
        var texts = contents.Texts.ToDictionary();
        texts["network"] = texts["network"].Replace(from, to, StringComparison.Ordinal);
        CheckpointFile.Write(_fits.Files[0], contents with { Texts = texts });

        Assert.ThrowsExactly<InvalidDataException>(() => Ml.MixedPrecision().Model.LoadCheckpoint(_fits.Files[0]));
        Assert.AreNotEqual(contents.Texts["network"], texts["network"]);
    }

    [TestMethod]
    public void LoadCheckpoint_OfNothing_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(
            "nor a folder of that name",
            Assert.ThrowsExactly<FileNotFoundException>(() => Ml.MixedPrecision().Model.LoadCheckpoint(folder.File("none"))).Message);
        Assert.Contains(
            "There is no checkpoint in",
            Assert.ThrowsExactly<FileNotFoundException>(
                () => Ml.MixedPrecision().Model.LoadCheckpoint(Path.GetDirectoryName(folder.File("none"))!)).Message);
    }

    private static void AssertScores(TrainerCase task, ITransformer expected, ITransformer actual)
    {
        IDataView rows = CheckpointedFit.Rows(task, 60, seed: 3);
        CollectionAssert.AreEqual(ScoredRows.BitsOf(expected.Transform(rows)), ScoredRows.BitsOf(actual.Transform(rows)));
    }

    /// <summary>Stops a run after its third epoch.</summary>
    private void Interrupt(TrainerCase task, Action<MlpTrainerOptions> change)
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _fits.Fit(
            task,
            options =>
            {
                change(options);
                options.CancellationToken = source.Token;
            },
            onEpoch: (_, metrics) => (metrics.Epoch == 3 ? source.Cancel : (Action)(() => { }))()));
    }
}
