using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Reports;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>What is left of a history in a model file: bounded, with every skipped step, the peaks, and exact totals.</summary>
[TestClass]
public sealed class SavedHistoryTests
{
    [TestMethod]
    public void Write_OfAShortRun_LeavesEverything()
    {
        TrainingResult run = SyntheticRun.Create(10, 200, attempt => attempt % 7 == 0);

        TrainingResult saved = TrainingResult.FromJson(SavedHistory.Write(run));

        CollectionAssert.AreEqual(FilledResult.Lines(run).ToArray(), FilledResult.Lines(saved).ToArray());
    }

    [TestMethod]
    public void Write_OfALongRun_KeepsSkipsPeaksAndTotals()
    {
        TrainingResult run = SyntheticRun.Create(50, 1000, attempt => attempt % 70 == 3);
        StepMetrics peak = run.History[20].Attempts[500], valley = run.History[30].Attempts[501];
        FilledResult.Set(peak, nameof(StepMetrics.Loss), 1000f);
        FilledResult.Set(valley, nameof(StepMetrics.Loss), 1e-6f);

        string text = SavedHistory.Write(run);

        TrainingResult saved = TrainingResult.FromJson(text);
        StepMetrics[] kept = [.. saved.History.SelectMany(epoch => epoch.Attempts)];
        Assert.AreEqual(run.Skipped, kept.LongCount(step => step.Skipped));
        Assert.IsLessThanOrEqualTo(SavedHistory.MostSteps, kept.Count(step => !step.Skipped));
        Assert.IsGreaterThan(SavedHistory.MostSteps * 9 / 10, kept.Count(step => !step.Skipped));
        Assert.IsTrue(kept.Any(step => step.Loss == 1000f) && kept.Any(step => step.Loss == 1e-6f));
        Assert.AreEqual((1L, 50_000L), (kept[0].Attempt, kept[^1].Attempt));
        Assert.AreEqual((run.Attempts, run.Steps, run.Skipped), (saved.Attempts, saved.Steps, saved.Skipped));
        Assert.HasCount(50, saved.History);
        Assert.AreEqual(run.History[20].AttemptCount, saved.History[20].AttemptCount);
        Assert.IsLessThan(300_000, text.Length);
    }

    [TestMethod]
    public void Write_OfManyEpochs_KeepsAPartWithTheBestAndTheLast()
    {
        TrainingResult run = SyntheticRun.Create(30_000, 2);
        FilledResult.Set(run, nameof(TrainingResult.BestEpoch), 12_345);

        TrainingResult saved = TrainingResult.FromJson(SavedHistory.Write(run));

        int[] epochs = [.. saved.History.Select(epoch => epoch.Epoch)];
        Assert.IsLessThanOrEqualTo(SavedHistory.MostEpochs + SavedHistory.MostSteps + 2, epochs.Length);
        CollectionAssert.IsSubsetOf(new[] { 1, 12_345, 30_000 }, epochs);
        Assert.AreEqual(60_000, saved.Attempts);
    }

    /// <summary>The most that a run keeps; a model file's header takes 16 MB.</summary>
    [TestMethod]
    public void Write_OfAHundredThousandSkips_FitsIntoAModelFile()
    {
        TrainingResult run = SyntheticRun.Create(40, 2600, attempt => attempt % 52 != 0);
        Assert.IsGreaterThan(100_000, run.Skipped);
        var network = new Network(new Perceptron(2, [3], ActivationKind.Relu, 2).ToSpec());
        TrainingSummary summary = TrainingSummary.Of(run) with { History = SavedHistory.Write(run) };
        using var stream = new MemoryStream();

        TrainedNetworkFile.Write(stream, network, summary);
        stream.Position = 0;
        TrainingSummary read = TrainedNetworkFile.Read(stream).Summary!;

        Assert.AreEqual(summary.History, read.History);
        Assert.AreEqual(
            run.Skipped, TrainingResult.FromJson(read.History!).History.Sum(epoch => epoch.Attempts.LongCount(step => step.Skipped)));
        Assert.IsLessThan(12 << 20, stream.Length);
    }
}
