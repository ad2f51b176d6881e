using Microsoft.ML.MixedPrecision.Tests.Trainers.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary>Fits that somebody watches, stops, cancels, or that fail: what the caller gets.</summary>
[TestClass]
public sealed class UnfinishedFitTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> All => [[TrainerCase.Multiclass], [TrainerCase.Binary], [TrainerCase.Regression]];

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithAnObserver_TellsItOfAll(TrainerCase task)
    {
        var heard = new EventList();
        ITransformer model = task.Fit(Ml, Rows(task), options => (options.Observers, options.Nesterov) = ([heard], true));
        TrainingResult training = TrainerCase.TrainingOf(model);

        CollectionAssert.AreEqual(training.WarningDetails.ToArray(), heard.Of<RunWarning>().ToArray());
        Assert.AreEqual(RunWarningKind.IdleOption, heard.Of<RunWarning>().First().Kind);
        Assert.IsLessThan(heard.Told.FindIndex(told => told is RunPlanned), heard.Told.FindIndex(told => told is RunWarning));
        Assert.HasCount((int)training.Attempts, heard.Steps.ToArray());
        Assert.AreEqual(training.Attempts, heard.Of<RunPlanned>().Single().TotalSteps);
        CollectionAssert.AreEqual(training.History.ToArray(), heard.Of<TrainingMetrics>().ToArray());
        var ended = (RunEnded)heard.Told[^1];
        Assert.AreSame(training, ended.Result);
        Assert.AreEqual("set", training.Environment.Options.Single(option => option.Key == "Observers").Value);
        CollectionAssert.AreEqual(
            TrainerCase.WeightsOf(task.Fit(Ml, Rows(task), options => options.Nesterov = true)), TrainerCase.WeightsOf(model));
    }

    /// <summary>The model that is kept is the one that a stop at the same step gives; both score, and are saved.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_CancelledAndStoppedAtTheSameEpoch_LearnedTheSame(TrainerCase task)
    {
        IDataView rows = Rows(task);
        using CancellationTokenSource stop = new(), cancel = new();
        ITransformer stopped = task.Fit(Ml, rows, options =>
            (options.StopToken, options.MetricsCallback) = (stop.Token, epoch => At(epoch, 3, stop.Cancel)));
        var error = Assert.ThrowsExactly<TrainingCanceledException>(() => task.Fit(Ml, rows, options =>
        {
            (options.CancellationToken, options.KeepUnfinishedModel) = (cancel.Token, true);
            (options.InvalidFeatures, options.MetricsCallback) = (InvalidFeatures.Throw, epoch => At(epoch, 3, cancel.Cancel));
        }));

        Assert.AreEqual(cancel.Token, error.CancellationToken);
        Assert.AreSame(error.Model, error.GetModel());
        Assert.AreSame(error.Result, error.GetTraining());
        Assert.AreSame(error.Result, TrainerCase.TrainingOf(error.Model!));
        Assert.AreEqual(
            ("canceled after epoch 3", "stopped after epoch 3"), (error.Result.StopReason, TrainerCase.TrainingOf(stopped).StopReason));
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(stopped), TrainerCase.WeightsOf(error.Model!));
        ITransformer loaded = Models.Load(Models.Save(error.Model!, rows.Schema));
        CollectionAssert.AreEqual(Bits(stopped.Transform(rows)), Bits(loaded.Transform(rows)));
        Assert.AreEqual(error.Result.ToString(), loaded.GetTraining()!.ToString());
    }

    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_CancelledWithoutKeeping_HasTheResultAlone(TrainerCase task)
    {
        var context = new MLContext(seed: 1);
        var heard = new EventList();
        var error = Assert.ThrowsExactly<TrainingCanceledException>(() => task.Fit(context, Rows(task), options =>
            (options.Observers, options.MetricsCallback) = ([heard], epoch => At(epoch, 2, context.CancelExecution))));

        Assert.IsNull(error.Model);
        Assert.HasCount(2, error.Result.History);
        StringAssert.Contains(error.Message, "The training was canceled after epoch 2. Result has what happened until then; set "
            + "KeepUnfinishedModel");
        Assert.AreNotEqual("", error.Result.Environment.Trainer);
        Assert.AreEqual(RunEnding.Canceled, ((RunEnded)heard.Told[^1]).Ending);
    }

    /// <summary>The exception is the observer's own; what travels with it is found from whatever wraps it.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_WithAnObserverThatThrows_ThrowsThatAndKeepsTheModel(TrainerCase task)
    {
        IDataView rows = Rows(task);
        var thrown = new InvalidCastException("enough");
        var heard = new EventList { Heard = told => At(told as TrainingMetrics, 3, () => throw thrown) };
        var error = Assert.ThrowsExactly<InvalidCastException>(() => task.Fit(
            Ml, rows, options => (options.Observers, options.KeepUnfinishedModel) = ([heard], true)));
        ITransformer three = task.Fit(Ml, rows, options => options.MetricsCallback = epoch => At(epoch, 3, epoch.RequestStop));

        Assert.AreSame(thrown, error);
        Exception wrapped = new AggregateException(new IOException(), new InvalidOperationException("outer", error));
        Assert.AreEqual("failed after epoch 3: enough", wrapped.GetTraining()!.StopReason);
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(three), TrainerCase.WeightsOf(wrapped.GetModel()!));
        Assert.AreEqual((RunEnding.Failed, "enough"), (((RunEnded)heard.Told[^1]).Ending, ((RunEnded)heard.Told[^1]).Reason));
        Assert.IsNull(new IOException().GetTraining());
        Assert.IsNull(new IOException().GetModel());
    }

    /// <summary>Rows that cannot be read end the run before it is planned.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_OfRowsThatCannotBeRead_TellsOfTheEndAlone(TrainerCase task)
    {
        Sample[] samples = Sample.Rows(100);
        samples[90].Features[0] = float.NaN;
        var heard = new EventList();
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => task.Fit(Ml, task.Prepared(Ml, samples), options => options.Observers = [heard]));

        var ended = (RunEnded)heard.Told.Single();
        Assert.AreEqual((RunEnding.Failed, error.Message, null), (ended.Ending, ended.Reason, ended.Result));
        Assert.IsNull(error.GetTraining());
    }

    /// <summary>The same exception again, before there is a run: what it carries of the run before is gone.</summary>
    [TestMethod]
    public void Fit_ThatThrowsAnExceptionOfAnotherFit_TellsOfItsOwnEnd()
    {
        TrainerCase task = TrainerCase.Binary;
        var thrown = new InvalidCastException("enough");
        var first = new EventList { Heard = told => At(told as TrainingMetrics, 1, () => throw thrown) };
        Assert.ThrowsExactly<InvalidCastException>(() => task.Fit(Ml, Rows(task), options => options.Observers = [first]));
        Assert.IsNotNull(thrown.GetTraining());
        EventList throws = new() { Heard = told => ThrowAt(told is RunWarning, thrown) }, after = new();

        Assert.ThrowsExactly<InvalidCastException>(
            () => task.Fit(Ml, Rows(task), options => (options.Observers, options.Nesterov) = ([throws, after], true)));

        var ended = (RunEnded)after.Told.Single();
        Assert.AreEqual((RunEnding.Failed, null), (ended.Ending, ended.Result));
        Assert.AreSame(thrown, ended.Error);
        Assert.IsNull(thrown.GetTraining());
    }

    /// <summary>Whoever throws when told of the end: each is told once, of the same end.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    public void Fit_WithAnObserverThatThrowsAtTheEnd_TellsEachOnce(int which)
    {
        TrainerCase task = TrainerCase.Binary;
        var thrown = new InvalidCastException("enough");
        EventList[] heard = [
            .. Enumerable.Range(0, 2).Select(i => new EventList { Heard = told => ThrowAt(told is RunEnded && i == which, thrown) })];

        var error = Assert.ThrowsExactly<InvalidCastException>(
            () => task.Fit(Ml, Rows(task), options => (options.Observers, options.KeepUnfinishedModel) = (heard, true)));

        Assert.AreSame(thrown, error);
        Assert.IsNotNull(error.GetModel());
        foreach (EventList each in heard)
        {
            Assert.AreEqual(RunEnding.Finished, each.Of<RunEnded>().Single().Ending);
        }
    }

    /// <summary>A stop within an epoch leaves a checkpoint, whatever the interval; the next fit goes on, and ends as one that was never
    /// stopped.</summary>
    [TestMethod]
    [DynamicData(nameof(All))]
    internal void Fit_StoppedWithinAnEpoch_GoesOn(TrainerCase task)
    {
        ITransformer plain = CheckpointedFit.FitPlain(task);
        using var fits = new CheckpointedFit();
        var heard = new EventList { Heard = told => (told as RunSteps)?.RequestStop() };
        ITransformer stopped = fits.Fit(
            task, options => options.Observers = [heard], checkpoint: checkpoint => checkpoint.EveryEpochs = 1000);
        TrainingResult part = TrainerCase.TrainingOf(stopped);
        ITransformer resumed = fits.Fit(task);

        Assert.IsLessThan(TrainerCase.TrainingOf(plain).Attempts, part.Attempts);
        StringAssert.StartsWith(part.StopReason, "stopped ");
        CollectionAssert.AreEqual(TrainerCase.WeightsOf(plain), TrainerCase.WeightsOf(resumed));
        Assert.HasCount(TrainerCase.TrainingOf(plain).History.Count, TrainerCase.TrainingOf(resumed).History);
    }

    private static IDataView Rows(TrainerCase task) => task.Prepared(Ml, Sample.Rows(100));

    private static float[] Bits(IDataView scored) => [.. ScoredRows.ScoresOf(scored).SelectMany(row => row)];

    private static void At(TrainingMetrics? epoch, int number, Action what)
    {
        if (epoch?.Epoch == number)
        {
            what();
        }
    }

    private static void ThrowAt(bool here, Exception error)
    {
        if (here)
        {
            throw error;
        }
    }
}
