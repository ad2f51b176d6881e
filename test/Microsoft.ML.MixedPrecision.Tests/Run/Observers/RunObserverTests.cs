using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Observers;

/// <summary>What observers are told of a run that goes its way: all of it, in order, once, soon.</summary>
[TestClass]
public sealed class RunObserverTests
{
    private static readonly TrainingOptions Float16 = new()
    {
        Precision = PrecisionPolicy.MixedFloat16,
        LossScaling = LossScaling.Dynamic(initialScale: 16777216, growthInterval: 10),
        Epochs = 4,
        BatchSize = 32,
        Seed = 5,
    };

    [TestMethod]
    public void Events_OfAWholeRun_ComeInOrderEachOnce()
    {
        var run = new ObservedRun { Options = Float16, HeldBack = 0.3f };
        TrainingResult result = run.Run();
        List<object> told = run.Heard.Told;

        Assert.IsInstanceOfType<RunPlanned>(told.First(one => one is not RunWarning), "nothing but warnings comes before");
        Assert.HasCount(1, run.Heard.Of<RunPlanned>());
        CollectionAssert.AreEqual(
            Enumerable.Range(1, (int)result.Attempts).ToArray(), run.Heard.Steps.Select(step => (int)step.Attempt).ToArray());
        Assert.IsTrue(run.Heard.Of<RunSteps>().All(steps => steps.Steps.Count > 0));
        CollectionAssert.AreEqual(result.History.ToArray(), run.Heard.Of<TrainingMetrics>().ToArray());
        foreach (TrainingMetrics epoch in result.History)
        {
            int end = told.IndexOf(epoch);
            Assert.IsTrue(told[..end].OfType<RunSteps>().Last().Steps[^1].Epoch == epoch.Epoch, "an epoch comes behind its steps");
            Assert.IsTrue(told[end..].OfType<RunSteps>().All(steps => steps.Steps[0].Epoch > epoch.Epoch));
        }

        var ended = (RunEnded)told[^1];
        Assert.AreEqual((RunEnding.Finished, "all 4 epochs done", null), (ended.Ending, ended.Reason, ended.Error));
        Assert.AreSame(result, ended.Result);
        Assert.HasCount(1, run.Heard.Of<RunEnded>());
    }

    /// <summary>70 % of 200 rows are 140: 4 steps of 32 rows and one of 12.</summary>
    [TestMethod]
    public void Planned_HasTheFiguresOfThePlan()
    {
        var run = new ObservedRun { Options = Float16 with { GradientAccumulationSteps = 2, BatchSize = 16 }, HeldBack = 0.3f };
        TrainingResult result = run.Run();
        RunPlanned planned = run.Heard.Of<RunPlanned>().Single();

        Assert.AreEqual((4, 5, 20L), (planned.Epochs, planned.StepsPerEpoch, planned.TotalSteps));
        Assert.AreEqual((140, 60, 16, 32), (planned.Rows, planned.ValidationRows, planned.BatchRows, planned.StepRows));
        Assert.AreEqual((0L, 0), (planned.Attempts, planned.EpochsDone));
        Assert.AreEqual(result.Device, planned.Device);
        Assert.AreEqual(PrecisionPolicy.MixedFloat16, planned.Precision);
        Assert.AreEqual(16777216f, planned.InitialLossScale);
        StringAssert.Contains(planned.LossScale, "16777216");

        // Validation works in the same scratch memory, and makes it larger.
        Assert.AreEqual(result.Memory.Total - result.Memory.Scratch, planned.Memory.Total - planned.Memory.Scratch);
        Assert.IsInRange(1, result.Memory.Scratch, planned.Memory.Scratch);
        CollectionAssert.AreEqual(
            result.Explanations.Select(one => one.Reason).ToArray(), planned.Explanations.Select(one => one.Reason).ToArray());
        Assert.AreEqual(5, result.History[0].Attempts.Count(step => step.RetryPass == 0), "as planned");
    }

    /// <summary>A dynamic rule halves the scale at each overflow; each next attempt has the scale that the one before has left.</summary>
    [TestMethod]
    public void Skipped_UnderADynamicScale_SaysWhatItWasAndIs()
    {
        var run = new ObservedRun { Options = Float16 };
        TrainingResult result = run.Run();
        StepMetrics[] steps = [.. run.Heard.Steps];
        StepSkipped[] skipped = [.. run.Heard.Of<StepSkipped>()];

        Assert.IsGreaterThan(2, skipped.Length);
        CollectionAssert.AreEqual(skipped, result.SkippedSteps.ToArray());
        CollectionAssert.AreEqual(
            steps.Where(step => step.NonFinite is not null).Select(step => step.Attempt).ToArray(),
            skipped.Select(one => one.Attempt).ToArray());
        Assert.IsTrue(skipped.All(one => one.ScaleAfter == one.ScaleBefore / 2));
        Assert.AreEqual(16777216f, skipped[0].ScaleBefore);
        for (int i = 1; i < steps.Length; i++)
        {
            Assert.AreEqual(steps[i].LossScale, steps[i - 1].NextLossScale);
        }

        Assert.AreEqual(result.FinalLossScale, steps[^1].NextLossScale);
        Assert.IsGreaterThan(0L, result.Growths);
        foreach (StepSkipped one in skipped)
        {
            int told = run.Heard.Told.IndexOf(one);
            Assert.IsTrue(run.Heard.Told[..told].OfType<RunSteps>().Last().Steps.Any(step => step.Attempt == one.Attempt));
        }
    }

    /// <summary>Between two events lie 250 ms at most, or one step.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(40)]
    [DataRow(120)]
    [DataRow(130)]
    [DataRow(240)]
    [DataRow(1000)]
    public void Steps_OfWhateverLength_AreToldWithin250Ms(int milliseconds)
    {
        var time = new FakeTime();
        var run = new ObservedRun
        {
            Options = new TrainingOptions { Precision = PrecisionPolicy.Float32, BatchSize = 4, Epochs = 2 },
            Time = time,
            Heard = new EventList { Time = time },
            BeforeStep = number => time.Advance(number == 1 ? 0 : milliseconds),
        };
        run.Run();
        TimeSpan[] times = [.. run.Heard.Told.Zip(run.Heard.Times).Where(one => one.First is RunSteps).Select(one => one.Second)];

        // The clock moves between steps, so that the time at which one ended is that at which the next one begins.
        Assert.IsLessThanOrEqualTo(Math.Max(250, milliseconds), times.Zip(times.Skip(1), (a, b) => (b - a).TotalMilliseconds).Max());
        Assert.IsGreaterThan(1, times.Length);
        if (milliseconds < 50)
        {
            Assert.IsLessThan(100, times.Length, "several steps at a time");
        }
    }

    /// <summary>600 steps in no time: the ring holds 1,024, and is emptied when half of it is full.</summary>
    [TestMethod]
    public void Steps_WhileTheClockStands_AreToldBeforeTheRingIsFull()
    {
        var run = new ObservedRun
        {
            Options = new TrainingOptions { Precision = PrecisionPolicy.Float32, BatchSize = 1, Epochs = 2 },
            Times = 3,
            Time = new FakeTime(),
        };
        run.Run();

        CollectionAssert.AreEqual(
            new[] { 512, 88, 512, 88 }, run.Heard.Of<RunSteps>().Select(steps => steps.Steps.Count).ToArray());
    }

    /// <summary>Whoever listens, and however often, the bits and the history are the same.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1000)]
    public void Run_WithOtherTimes_GivesTheSameBitsAndHistory(int milliseconds)
    {
        var time = new FakeTime();
        var plain = new ObservedRun { Options = Float16, HeldBack = 0.3f, Heavy = 65536 };
        var other = new ObservedRun
        {
            Options = Float16,
            HeldBack = 0.3f,
            Heavy = 65536,
            Time = time,
            BeforeStep = _ => time.Advance(milliseconds),
        };
        TrainingResult expected = plain.Run(), actual = other.Run(new EventList());

        OutcomeAssert.AreEqual(expected, actual, "the result");
        CollectionAssert.AreEqual(plain.Weights, other.Weights);
        Assert.IsGreaterThan(0L, expected.Skipped);
    }

    [TestMethod]
    public void Warnings_OfARun_AreThoseOfItsResult()
    {
        var run = new ObservedRun
        {
            Options = Float16 with { LossScaling = LossScaling.Static(16777216), RetryPasses = 3, BatchSize = 8 },
            Heavy = 65536,
        };
        TrainingResult result = run.Run();
        RunWarning[] warnings = [.. run.Heard.Of<RunWarning>()];

        CollectionAssert.AreEqual(warnings, result.WarningDetails.ToArray());
        CollectionAssert.AreEqual(warnings.Select(warning => warning.Message).ToArray(), result.Warnings.ToArray());
        Assert.AreEqual((RunWarningKind.IdleOption, 0, 0L), (warnings[0].Kind, warnings[0].Epoch, warnings[0].Attempt));
        StringAssert.Contains(warnings[0].Message, "RetryPasses");

        // Ten steps in a row are skipped from the first on, in an epoch of 25.
        Assert.AreEqual((RunWarningKind.NothingLearned, 1, 10L), (warnings[1].Kind, warnings[1].Epoch, warnings[1].Attempt));
        StringAssert.Contains(warnings[1].Message, "10 steps in a row");
        Assert.AreEqual((RunWarningKind.NothingLearned, 4, 100L), (warnings[^1].Kind, warnings[^1].Epoch, warnings[^1].Attempt));
        StringAssert.Contains(warnings[^1].Message, "All 100 steps were skipped");
    }

    [TestMethod]
    public void Events_OfARunThatGoesOn_BeginBehindTheCheckpoint()
    {
        var kept = new KeptCheckpoints();
        var first = new ObservedRun { Checkpoints = kept, BeforeStep = number => CancelAt(number, 11) };
        Assert.ThrowsExactly<OperationCanceledException>(() => first.Run());
        var second = new ObservedRun { Checkpoints = kept };
        second.Run();

        RunPlanned planned = second.Heard.Of<RunPlanned>().Single();
        Assert.AreEqual((10L, 1), (planned.Attempts, planned.EpochsDone));
        CollectionAssert.AreEqual(
            Enumerable.Range(1, 21).ToArray(),
            first.Heard.Steps.Concat(second.Heard.Steps).Select(step => (int)step.Attempt).ToArray());
    }

    private static void CancelAt(int number, int step)
    {
        if (number == step)
        {
            ObservedRun.Cancel();
        }
    }
}
