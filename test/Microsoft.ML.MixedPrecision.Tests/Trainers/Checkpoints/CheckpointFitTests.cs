using Microsoft.ML.MixedPrecision.Files;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

/// <summary><c>Fit</c> with checkpoints: goes on where a run stopped, gives a finished one's model at once, and says what it
/// does.</summary>
[TestClass]
public sealed class CheckpointFitTests : IDisposable
{
    private readonly CheckpointedFit _fits = new();

    public static IEnumerable<object[]> Tasks => TrainerCase.All;

    public void Dispose() => _fits.Dispose();

    [TestMethod]
    [DynamicData(nameof(Tasks))]
    internal void Fit_CancelledByTokenAndRunAgain_IsTheRunThatWasNotStopped(TrainerCase task)
    {
        ITransformer plain = CheckpointedFit.FitPlain(task);
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => _fits.Fit(
            task, options => options.CancellationToken = source.Token, onEpoch: (_, metrics) => Stop(metrics, 3, source.Cancel)));
        Assert.HasCount(2, _fits.Files);

        ITransformer model = _fits.Fit(task);

        CheckpointedFit.AssertSame(plain, model);
        Assert.AreEqual(6, _fits.Epochs);
        Assert.IsTrue(_fits.Said("Training goes on after step", "checkpoint-"));
    }

    [TestMethod]
    public void Fit_CancelledByContextBeforeAnyWasDue_LeavesACheckpoint()
    {
        ITransformer plain = CheckpointedFit.FitPlain(TrainerCase.Binary);
        Assert.Throws<OperationCanceledException>(() => _fits.Fit(
            TrainerCase.Binary, checkpoint: checkpoint => checkpoint.EveryEpochs = 6, onEpoch: (ml, metrics) => Stop(
                metrics,
                2,
                ml.CancelExecution)));
        Assert.HasCount(1, _fits.Files);

        CheckpointedFit.AssertSame(plain, _fits.Fit(TrainerCase.Binary));
        Assert.AreEqual(6, _fits.Epochs);
    }

    [TestMethod]
    [DynamicData(nameof(Tasks))]
    internal void Fit_OfAFinishedRun_GivesItsModelAtOnce(TrainerCase task)
    {
        ITransformer first = _fits.Fit(task, options => options.ValidationFraction = 0.2f);

        ITransformer second = _fits.Fit(task, options => options.ValidationFraction = 0.2f);

        CheckpointedFit.AssertSame(first, second);
        IDataView rows = CheckpointedFit.Rows(task, 50, seed: 2);
        CollectionAssert.AreEqual(ScoredRows.BitsOf(first.Transform(rows)), ScoredRows.BitsOf(second.Transform(rows)));
        Assert.AreEqual(6, _fits.Epochs);
        Assert.IsTrue(_fits.Said("had ended after", "its model is given at once", "finished-"));
    }

    [TestMethod]
    public void Fit_OfARunThatWasToldToStop_GivesItsBestModelAtOnce()
    {
        void Change(MlpTrainerOptions options) => (options.ValidationFraction, options.EarlyStoppingPatience) = (0.2f, 0);
        ITransformer first = _fits.Fit(TrainerCase.Regression, Change, onEpoch: (_, metrics) => Stop(metrics, 4, metrics.RequestStop));

        CheckpointedFit.AssertSame(first, _fits.Fit(TrainerCase.Regression, Change));
        Assert.AreEqual(4, _fits.Epochs);
    }

    [TestMethod]
    public void Fit_WithoutResume_BeginsAnewAndKeepsWhatWasThere()
    {
        ITransformer first = _fits.Fit(TrainerCase.Binary);
        byte[] finished = File.ReadAllBytes(_fits.Files[0]);

        ITransformer second = _fits.Fit(TrainerCase.Binary, checkpoint: checkpoint => checkpoint.Resume = false);

        CheckpointedFit.AssertSame(first, second);
        Assert.AreEqual(12, _fits.Epochs);
        string aside = Path.Combine(_fits.Runs.Single(), "earlier-1");
        CollectionAssert.AreEqual(finished, File.ReadAllBytes(Path.Combine(aside, Path.GetFileName(_fits.Files[0]))));
        Assert.IsTrue(_fits.Said("Resume is false", aside));
    }

    [TestMethod]
    public void Fit_EverySteps_WritesThatOften()
    {
        // 100 rows in batches of 32 are 4 steps an epoch: the last of 24 is a 5th's, 10th's, … neighbour.
        _fits.Fit(TrainerCase.Binary, checkpoint: checkpoint => (checkpoint.EverySteps, checkpoint.Keep) = (5, 100));

        long[] expected = [24, 20, 15, 10, 5];
        CollectionAssert.AreEqual(expected, _fits.Files.Select(file => CheckpointName.Of(file)!.Value.Attempts).ToArray());
    }

    [TestMethod]
    [DataRow(null, new long[] { 24, 24, 20, 16, 12, 8, 4 })]
    [DataRow(4, new long[] { 24, 16 })]
    public void Fit_EveryEpochs_WritesThatOften(int? epochs, long[] expected)
    {
        _fits.Fit(TrainerCase.Binary, checkpoint: checkpoint => (checkpoint.EveryEpochs, checkpoint.Keep) = (epochs, 100));

        CollectionAssert.AreEqual(
            expected.Distinct().ToArray(),
            _fits.Files.Select(file => CheckpointName.Of(file)!.Value.Attempts).Distinct().ToArray());
    }

    [TestMethod]
    public void Fit_EveryTime_WritesOnceThatHasPassed()
    {
        _fits.Fit(TrainerCase.Binary, checkpoint: checkpoint => (checkpoint.Every, checkpoint.Keep) = (TimeSpan.FromTicks(1), 100));
        int often = _fits.Files.Count;
        _fits.Fit(TrainerCase.Binary, checkpoint: checkpoint => (checkpoint.Every, checkpoint.Resume) = (TimeSpan.FromHours(1), false));

        Assert.IsGreaterThan(20, often);
        Assert.HasCount(1, _fits.Files);
    }

    [TestMethod]
    public void Fit_WithoutAnySeed_ThrowsAndSaysWhatToDo()
    {
        var ml = new MLContext();
        MlpTrainerOptions options = TrainerCase.Binary.Options();
        (options.Seed, options.Checkpoint) = (null, new CheckpointOptions { Folder = _fits.Folder });

        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => TrainerCase.Binary.Fit(ml, options, CheckpointedFit.Rows(TrainerCase.Binary)));

        StringAssert.Contains(error.Message, "Set Seed, or give the MLContext a seed.");
        Assert.IsEmpty(_fits.Runs);
    }

    [TestMethod]
    public void Fit_WhileTheSameRunGoesOn_ThrowsAndNamesTheFolder()
    {
        Exception? error = null;
        _fits.Fit(
            TrainerCase.Binary,
            onEpoch: (_, metrics) => Stop(
                metrics,
                1,
                () => error = Assert.ThrowsExactly<IOException>(() => _fits.Fit(TrainerCase.Binary))));

        StringAssert.Contains(error!.Message, $"'{_fits.Runs.Single()}' belong to a run that is still going on");
    }

    [TestMethod]
    public void Fit_WhereNoCheckpointCanBeWritten_WarnsAndGoesOn()
    {
        ITransformer plain = CheckpointedFit.FitPlain(TrainerCase.Binary);

        ITransformer model = _fits.Fit(
            TrainerCase.Binary,
            onEpoch: (_, metrics) => Stop(metrics, 2, () => Directory.Delete(_fits.Runs.Single(), recursive: true)));

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(plain), TrainerCase.WeightsOf(model));
        Assert.IsTrue(_fits.Said("No checkpoint was written after step", "training goes on", "does not exist"));
        Assert.Contains("No checkpoint was written after step", string.Join('\n', TrainerCase.TrainingOf(model).Warnings));
    }

    private static void Stop(TrainingMetrics metrics, int epoch, Action stop)
    {
        if (metrics.Epoch == epoch)
        {
            stop();
        }
    }
}
