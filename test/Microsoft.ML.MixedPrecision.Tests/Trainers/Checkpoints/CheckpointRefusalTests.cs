using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Trainers.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary>Checkpoints of other runs, other engines and of bad disks: what <c>Fit</c> says and does.</summary>
[TestClass]
public sealed class CheckpointRefusalTests : IDisposable
{
    private readonly CheckpointedFit _fits = new();

    /// <summary>An array holds 0x7FFFFFC7 bytes at most, by .NET's documentation of <see cref="Array.MaxLength"/>: divided by 4 that
    /// is 536,870,897.</summary>
    [TestMethod]
    public void Fit_OfALayerBeyondAnArrayOfBytes_IsRefusedBeforeItBegins()
    {
        FitCheckpoints.RequireRoom("hidden.0.weight", 536_870_897);

        string message = Assert.ThrowsExactly<InvalidOperationException>(
            () => FitCheckpoints.RequireRoom("hidden.0.weight", 536_870_898)).Message;
        Assert.Contains("'hidden.0.weight' has 536870898 weights", message);
    }

    public static IEnumerable<object[]> Others =>
    [
        ["HiddenLayers [16] there, [8] here", (Action<MlpTrainerOptions>)(options => options.HiddenLayers = [8]), 100],
        ["Seed 1 there, 2 here", (Action<MlpTrainerOptions>)(options => options.Seed = 2), 100],
        [
            "Precision float32 there, mixed_bfloat16 here",
            (Action<MlpTrainerOptions>)(options => options.Precision = PrecisionPolicy.MixedBFloat16),
            100],
        ["RowCount 100 there, 90 here; other Rows", (Action<MlpTrainerOptions>)(_ => { }), 90],
    ];

    public void Dispose() => _fits.Dispose();

    [TestMethod]
    [DynamicData(nameof(Others))]
    public void Fit_AfterAnInterruptedRunOfAnother_WarnsOfWhatDiffersAndBeginsAnew(
        string difference,
        Action<MlpTrainerOptions> change,
        int rows)
    {
        Interrupt();
        byte[] before = File.ReadAllBytes(_fits.Files[0]);
        string path = _fits.Files[0];

        ITransformer model = _fits.Fit(TrainerCase.Binary, change, CheckpointedFit.Rows(TrainerCase.Binary, rows));

        Assert.AreEqual(6, TrainerCase.TrainingOf(model).History.Count);
        Assert.HasCount(2, _fits.Runs);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
        Assert.IsTrue(_fits.Said("Kind=Warning", "Training begins anew", "is of another", difference), string.Join('\n', _fits.Log));
    }

    [TestMethod]
    public void Fit_FromADamagedCheckpoint_WarnsAndTakesTheOneBefore()
    {
        ITransformer plain = CheckpointedFit.FitPlain(TrainerCase.Binary);
        Interrupt();
        string newest = _fits.Files[0];
        Damage(newest);

        ITransformer model = _fits.Fit(TrainerCase.Binary);

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(plain), TrainerCase.WeightsOf(model));
        Assert.IsTrue(_fits.Said(newest, "checksum does not agree", "The one before it is taken"));
        Assert.IsTrue(TrainerCase.TrainingOf(model).Warnings.Any(warning => warning.Contains(newest, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_WhereAllCheckpointsAreDamaged_ThrowsAndDoesNotBeginAnew()
    {
        Interrupt();
        int epochs = _fits.Epochs;
        foreach (string file in _fits.Files)
        {
            Damage(file);
        }

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _fits.Fit(TrainerCase.Binary));

        StringAssert.Contains(error.Message, "delete the folder, or set Resume to false");
        Assert.AreEqual(epochs, _fits.Epochs);
        Assert.AreEqual(
            6,
            TrainerCase.TrainingOf(_fits.Fit(TrainerCase.Binary, checkpoint: checkpoint => checkpoint.Resume = false)).History.Count);
    }

    [TestMethod]
    public void Fit_FromACheckpointOfAnotherEngine_WarnsThatBitsAreNoLongerPromised()
    {
        Interrupt();
        foreach (string file in _fits.Files)
        {
            Rewrite(file, texts => texts["engine"] = "NVIDIA T4, compute 7.5, driver 12040");
        }

        ITransformer model = _fits.Fit(TrainerCase.Binary);

        Assert.AreEqual(6, TrainerCase.TrainingOf(model).History.Count);
        Assert.IsTrue(
            TrainerCase.TrainingOf(model).Warnings.Any(
                warning => warning.Contains("written with NVIDIA T4", StringComparison.Ordinal)
                    && warning.Contains("bits are no longer promised", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Fit_OfARunThatAnotherEngineHasFinished_GivesItsModelWithoutAWarning()
    {
        ITransformer first = _fits.Fit(TrainerCase.Binary);
        Rewrite(_fits.Files[0], texts => texts["engine"] = "NVIDIA T4, compute 7.5, driver 12040");

        CheckpointedFit.AssertSame(first, _fits.Fit(TrainerCase.Binary));
        Assert.IsFalse(_fits.Said("no longer promised"));
    }

    [TestMethod]
    public void Fit_AfterAFinishedRunOfAnother_SaysWhatDiffersWithoutAWarning()
    {
        _fits.Fit(TrainerCase.Binary);
        _fits.Fit(TrainerCase.Binary, options => options.Seed = 2);
        _fits.Fit(TrainerCase.Binary, options => options.Seed = 3);

        Assert.IsTrue(_fits.Said("Kind=Info", "Training begins anew", "Seed 1 there, 2 here"));
        Assert.IsTrue(_fits.Said("Kind=Info", "Training begins anew", "Seed 2 there, 3 here"));
        Assert.IsFalse(_fits.Said("Kind=Warning", "Training begins anew"));
    }

    [TestMethod]
    public void Fit_OnTheSameNumbersOfClassesOfOtherNames_IsAnotherRun()
    {
        foreach (string[] names in (string[][])[["cat", "dog"], ["dog", "cat"], ["cat", "dog"]])
        {
            var ml = new MLContext(seed: 1);
            IDataView rows = ml.Data.LoadFromEnumerable(
                Sample.Rows(40).Select(
                    row => new Sample { Features = row.Features, Kind = names[row.Answer ? 1 : 0] }).OrderBy(row => row.Kind == names[1]));
            rows = ml.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(rows).Transform(rows);
            MlpTrainerOptions options = TrainerCase.Multiclass.Options();
            (options.Epochs, options.Checkpoint) = (1, new CheckpointOptions { Folder = _fits.Folder });
            TrainerCase.Multiclass.Fit(ml, options, rows);
        }

        Assert.HasCount(2, _fits.Runs);
    }

    [TestMethod]
    public void Fit_FromACheckpointThatSomeoneCopiedFromAnotherRun_RefusesItByWhatDiffers()
    {
        Interrupt();
        string own = _fits.Runs.Single(), copied = Path.GetFileName(_fits.Files[0]);
        _fits.Fit(TrainerCase.Binary, options => options.HiddenLayers = [8]);
        string other = _fits.Runs.Single(run => run != own);
        foreach (string file in CheckpointName.In(own))
        {
            File.Delete(file);
        }

        File.Copy(CheckpointName.In(other)[0], Path.Combine(own, copied));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _fits.Fit(TrainerCase.Binary));

        StringAssert.Contains(error.Message, "is another run's: ");
        StringAssert.Contains(error.Message, "HiddenLayers [8] there, [16] here");
    }

    [TestMethod]
    public void Fit_InAFolderWhoseManifestIsAnotherRuns_RefusesItByWhatDiffers()
    {
        Interrupt();
        string manifest = Path.Combine(_fits.Runs.Single(), "manifest.json");
        string text = File.ReadAllText(manifest);
        Assert.Contains("\"Epochs\": \"6\"", text);
        File.WriteAllText(manifest, text.Replace("\"Epochs\": \"6\"", "\"Epochs\": \"7\"", StringComparison.Ordinal));

        var error = Assert.ThrowsExactly<InvalidDataException>(() => _fits.Fit(TrainerCase.Binary));

        StringAssert.Contains(error.Message, $"'{_fits.Runs.Single()}' is not this run's");
        Assert.ThrowsExactly<InvalidDataException>(() => _fits.Fit(TrainerCase.Binary), "the folder must not stay locked");
        StringAssert.Contains(error.Message, "Epochs 7 there, 6 here");
    }

    /// <summary>Stops a run after its third epoch.</summary>
    private void Interrupt()
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _fits.Fit(
            TrainerCase.Binary, options => options.CancellationToken = source.Token, onEpoch: (_, metrics) => (
                metrics.Epoch == 3 ? source.Cancel : (Action)(() => { }))()));
    }

    private static void Damage(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(path, bytes);
    }

    private static void Rewrite(string path, Action<Dictionary<string, string>> change)
    {
        CheckpointContents contents = CheckpointFile.Read(path);
        var texts = contents.Texts.ToDictionary();
        change(texts);
        CheckpointFile.Write(path, contents with { Texts = texts });
    }
}
