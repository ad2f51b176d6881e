using System.Collections.Concurrent;
using Microsoft.ML.MixedPrecision.Rows;
using static Microsoft.ML.MixedPrecision.Tests.Trainers.RunWatch;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers;

/// <summary><see cref="NetworkTrainerOptions.RefitOnAll"/>: a second run on all rows, for the epochs that the first has chosen.</summary>
[TestClass]
public sealed class RefitTests
{
    private const int Rows = 300;
    private const int HeldBack = 60;

    private readonly ConcurrentQueue<string> _lines = [];
    private readonly MLContext _ml = new(seed: 1);

    public RefitTests() => _ml.Log += (_, e) => _lines.Enqueue(e.Message);

    [TestMethod]
    [DynamicData(nameof(TrainerCase.All), typeof(TrainerCase))]
    internal void Fit_OnAll_HasTheBitsOfAPlainRunOfTheChosenEpochs(TrainerCase task)
    {
        ITransformer chosen = Fit(task, Chooses), both = Fit(task, Refits);
        (TrainingResult first, TrainingResult second) = (TrainerCase.TrainingOf(chosen), TrainerCase.TrainingOf(both));
        TrainingResult before = second.EarlierRuns.Single();
        int best = first.BestEpoch!.Value;

        ITransformer plain = Fit(task, options => (options.Epochs, options.LearningRate) = (best, 0.1f));

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(plain), TrainerCase.WeightsOf(both));
        Assert.AreEqual((Rows, 0, best), (second.Rows, second.ValidationRows, second.History.Count));
        Assert.AreEqual((Rows - HeldBack, HeldBack, best), (before.Rows, before.ValidationRows, before.BestEpoch));
        CollectionAssert.AreEqual(
            first.History.Select(epoch => epoch.ValidationLoss).ToArray(), before.History.Select(epoch => epoch.ValidationLoss).ToArray());
        Assert.Contains(line => line.Contains($"Run 1 of 2 chose {best} epoch", StringComparison.Ordinal), _lines);
    }

    /// <summary>What only a row held back has is learned: its gap has an indicator.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Fit_OnAll_PreparesByAllRows(bool refits)
    {
        Sample[] rows = Sample.Rows(Rows);
        rows[HeldBackRows.Draw(Rows, 0.2f, seed: 1)[0]].Features[2] = float.NaN;
        IDataView data = TrainerCase.Regression.Labelling(_ml).Fit(_ml.Data.LoadFromEnumerable(rows))
            .Transform(_ml.Data.LoadFromEnumerable(rows));

        ITransformer model = TrainerCase.Regression.Fit(_ml, data, options =>
        {
            Chooses(options);
            (options.MissingValues, options.RefitOnAll) = (MissingValues.ImputeAndIndicate, refits);
        });

        CollectionAssert.AreEqual(
            refits ? [2] : Array.Empty<int>(), TrainerCase.NetworkOf(model).Network.Preparation!.Gaps!.Indicated.ToArray());
    }

    /// <summary>The schedule is laid out over the epochs of the first run: the last epoch that is trained has the rate that it had there,
    /// up to a step of it, and not the end of the way down.</summary>
    [TestMethod]
    public void Fit_OnAllWithASchedule_KeepsTheRateOfEachEpoch()
    {
        TrainingResult second = TrainerCase.TrainingOf(Fit(TrainerCase.Regression, options =>
        {
            Refits(options);
            options.Schedule = LearningRateSchedule.Linear;
        }));
        TrainingResult before = second.EarlierRuns.Single();

        foreach ((TrainingMetrics one, TrainingMetrics two) in before.History.Zip(second.History))
        {
            Assert.AreEqual(one.LearningRate, two.LearningRate, 0.1f / 300 / 8, $"epoch {one.Epoch}");
        }

        Assert.IsGreaterThan(0.05f, second.History[^1].LearningRate);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Fit_CancelledInARun_LeavesNoModel(int run)
    {
        using var source = new CancellationTokenSource();
        var error = Assert.ThrowsExactly<TrainingCanceledException>(() => Fit(TrainerCase.Binary, options =>
        {
            Refits(options);
            options.CancellationToken = source.Token;
            options.Observers = [new RunWatch { OfEpoch = (at, _) => Cancel(at == run, source) }];
        }));

        Assert.IsNull(error.Model);
        Assert.AreEqual(run - 1, error.Result.EarlierRuns.Count);
    }

    /// <summary>Who stops has what was learned so far: of the run on all rows alone that is less than the first run's.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Fit_StoppedInARun_IsTheModelOfTheFirst(int run)
    {
        ITransformer stopped = Fit(TrainerCase.Binary, options =>
        {
            Refits(options);
            options.Observers = [new RunWatch { OfEpoch = (at, epoch) => Stop(at == run && (run == 2 || epoch.Epoch == 3), epoch) }];
        });
        ITransformer expected = Fit(TrainerCase.Binary, options =>
        {
            Chooses(options);
            options.Observers = [new RunWatch { OfEpoch = (_, epoch) => Stop(run == 1 && epoch.Epoch == 3, epoch) }];
        });

        CollectionAssert.AreEqual(TrainerCase.WeightsOf(expected), TrainerCase.WeightsOf(stopped));
        Assert.IsEmpty(TrainerCase.TrainingOf(stopped).EarlierRuns);
        Assert.AreEqual(
            run == 2, _lines.Any(line => line.Contains("Run 2 of 2 was stopped: the model is that of run 1", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Observers_OfBothRuns_KnowWhichIsWhich()
    {
        var seen = new List<(int, int, int)>();
        Fit(TrainerCase.Regression, options =>
        {
            Refits(options);
            options.Observers = [new RunWatch { OfPlan = plan => seen.Add((plan.Run, plan.Runs, plan.Rows)) }];
        });

        CollectionAssert.AreEqual(new[] { (1, 2, Rows - HeldBack), (2, 2, Rows) }, seen);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Fit_OnAllWithoutRowsHeldBack_SaysThatItChangesNothing(bool hasValidationSet)
    {
        IDataView? judges = hasValidationSet ? TrainerCase.Regression.Prepared(_ml, Sample.Rows(50, seed: 2)) : null;
        MlpTrainerOptions options = TrainerCase.Regression.Options(changed => (changed.RefitOnAll, changed.Epochs) = (true, 2));

        TrainingResult training = TrainerCase.TrainingOf(
            TrainerCase.Regression.Fit(_ml, options, TrainerCase.Regression.Prepared(_ml, Sample.Rows(50)), judges));

        Assert.IsEmpty(training.EarlierRuns);
        StringAssert.StartsWith(training.Warnings.Single(), "RefitOnAll is True, but no training rows are held back");
    }

    /// <summary>Both runs are in the saved model, in JSON, in the line for people and in the report.</summary>
    [TestMethod]
    public void Training_OfBothRuns_IsKeptEverywhere()
    {
        IDataView data = TrainerCase.Multiclass.Prepared(_ml, Sample.Rows(Rows));
        ITransformer model = TrainerCase.Multiclass.Fit(_ml, data, Refits);
        TrainingResult training = TrainerCase.TrainingOf(model), before = training.EarlierRuns.Single();

        foreach (TrainingResult read in (TrainingResult[])[
            TrainingResult.FromJson(training.ToJson()), Models.Load(Models.Save(model, data.Schema)).GetTraining()!])
        {
            TrainingResult kept = read.EarlierRuns.Single();
            Assert.AreEqual((before.BestEpoch, before.ValidationRows, $"{before}"), (kept.BestEpoch, kept.ValidationRows, $"{kept}"));
            Assert.AreEqual($"{training}", $"{read}");
        }

        StringAssert.EndsWith($"{training}", $"; run 1 of 2: {before}");
        string report = Path.Combine(Path.GetTempPath(), $"mixedprecision{Guid.NewGuid():N}.html");
        try
        {
            training.SaveReport(report);
            string page = File.ReadAllText(report);
            StringAssert.Contains(page, "Run 1 of 2 came before this one: loss ");
            StringAssert.Contains(page, $"epoch {before.BestEpoch} of the run before");
        }
        finally
        {
            File.Delete(report);
        }
    }

    private static void Chooses(MlpTrainerOptions options)
        => (options.ValidationFraction, options.EarlyStoppingPatience, options.Epochs, options.LearningRate) = (0.2f, 5, 300, 0.1f);

    private static void Refits(MlpTrainerOptions options)
    {
        Chooses(options);
        options.RefitOnAll = true;
    }

    private ITransformer Fit(TrainerCase task, Action<MlpTrainerOptions> change)
        => task.Fit(_ml, task.Prepared(_ml, Sample.Rows(Rows)), change);
}
