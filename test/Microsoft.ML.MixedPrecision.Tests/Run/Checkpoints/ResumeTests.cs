using Microsoft.ML.MixedPrecision.Files;
using Microsoft.ML.MixedPrecision.Run.Checkpoints;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

/// <summary>A run that is stopped and goes on ends with the bits and the history of the one that was never stopped.</summary>
[TestClass]
public sealed class ResumeTests
{
    private const int Stops = 6;

    public static IEnumerable<object[]> Cases => ResumeCase.All.Select(one => new object[] { one.Name });

    /// <summary>Cancelled before seeded steps, once each, and once again and again: every third step.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_CancelledAndResumed_EndsAsIfNeverStopped(string name)
    {
        ResumeCase one = Case(name);
        ResumeCase.Outcome whole = one.Run(null)!;
        var random = new Random(name.Length);
        for (int i = 0; i < Stops; i++)
        {
            int stop = 1 + random.Next((int)whole.Result.Attempts);
            var kept = new KeptCheckpoints();
            Assert.IsNull(one.Run(kept, stop));
            Assert.AreEqual(stop - 1, kept.Latest.Attempts);
            OutcomeAssert.AreEqual(whole, one.Run(kept)!, $"stopped before step {stop}");
        }

        var often = new KeptCheckpoints();
        ResumeCase.Outcome? end;
        do
        {
            end = one.Run(often, 4);
        }
        while (end is null);

        OutcomeAssert.AreEqual(whole, end, "stopped every third step");
    }

    /// <summary>Stopped before seeded steps, each time keeping a model and a history with a part of an epoch, of which the run that goes
    /// on knows nothing; and again and again.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_StoppedAndResumed_EndsAsIfNeverStopped(string name)
    {
        ResumeCase one = Case(name);
        ResumeCase.Outcome whole = one.Run(null)!;
        var random = new Random(name.Length + 1);
        for (int i = 0; i < Stops; i++)
        {
            int stop = 1 + random.Next((int)whole.Result.Attempts);
            var kept = new KeptCheckpoints();
            TrainingResult part = one.Run(kept, stop, keeps: true)!.Result;
            Assert.AreEqual(stop - 1, part.Attempts);
            Assert.AreEqual(stop - 1, part.History.Sum(epoch => epoch.AttemptCount));
            StringAssert.StartsWith(part.StopReason, "stopped ");
            Assert.IsFalse(kept.Latest.IsFinished);
            OutcomeAssert.AreEqual(whole, one.Run(kept)!, $"stopped before step {stop}");
        }

        var often = new KeptCheckpoints();
        while (one.Run(often, 4, keeps: true) is var end)
        {
            if (often.Latest.IsFinished)
            {
                OutcomeAssert.AreEqual(whole, end!, "stopped every third step");
                break;
            }
        }
    }

    /// <summary>As after a kill: what the process did after its last checkpoint is done again.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_FromACheckpointThatWasDue_EndsAsIfNeverStopped(string name)
    {
        ResumeCase one = Case(name);
        ResumeCase.Outcome whole = one.Run(null)!;
        foreach (KeptCheckpoints all in (KeptCheckpoints[])[new() { EverySteps = 5 }, new() { EveryEpoch = true }])
        {
            OutcomeAssert.AreEqual(whole, one.Run(all)!, "with checkpoints");
            int epochs = whole.Result.History.Count;
            Assert.HasCount(all.EveryEpoch ? epochs : 1 + ((int)whole.Result.Attempts / 5), all.Kept);
            foreach (
                CheckpointContents contents in all.EverySteps is not null && all.Kept.Count > 8
                    ? all.Kept.Where((_, i) => i % 3 == 1)
                    : all.Kept)
            {
                var kept = new KeptCheckpoints();
                kept.Kept.Add(contents);
                OutcomeAssert.AreEqual(whole, one.Run(kept)!, $"from the checkpoint after "
                    + $"{RunCheckpoint.FromContents(contents).Attempts} attempts");
            }
        }
    }

    /// <summary>Whatever is read from a checkpoint is written into the next one: nothing is forgotten that only a rare course would
    /// miss.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_ResumedAndCancelledAtOnce_LeavesTheSameCheckpoint(string name)
    {
        ResumeCase one = Case(name);
        var all = new KeptCheckpoints { EverySteps = 1 };
        one.Run(all);
        int same = 0;
        foreach (CheckpointContents contents in all.Kept.SkipLast(1))
        {
            var kept = new KeptCheckpoints();
            kept.Kept.Add(contents);
            RunCheckpoint before = kept.Latest;
            Assert.IsNull(one.Run(kept, 1));
            RunCheckpoint after = kept.Latest;

            // Behind a pass's last step the next pass begins.
            if (after.Snapshot.StepsOfPass > 0)
            {
                same++;
                OutcomeAssert.AreEqual(before.Snapshot, after.Snapshot, $"{before.Attempts} attempts");
                StateAssert.AreEqual(before.State, after.State, $"{before.Attempts} attempts");
                StateAssert.AreEqual(before.Best, after.Best, $"{before.Attempts} attempts");
            }
        }

        Assert.IsGreaterThan(all.Kept.Count / 3, same);
    }

    /// <summary>The cases are what they say.</summary>
    [TestMethod]
    public void Cases_RunWhole_HaveWhatTheyAreNamedFor()
    {
        TrainingResult retries = Whole("float16 with retries"), lost = Whole("float16 with a row that is lost");
        Assert.IsGreaterThan(2, retries.History.Max(epoch => epoch.Attempts.Max(attempt => attempt.RetryPass)));
        Assert.IsGreaterThan(0, retries.Growths);
        Assert.IsTrue(lost.History.All(epoch => epoch.Lost > 0));
        Assert.HasCount(2, lost.Warnings);
        StringAssert.Contains(Whole("rows that overflow again and again").Warnings[0], "such rows overflow again and again");
        StringAssert.Contains(Whole("stuck at the floor").Warnings[0], "10 steps in a row were skipped");
        StringAssert.Contains(Whole("lost gradient").Warnings[0], "the gradient in Float16 is off by");
        TrainingResult early = Whole("early stopping");
        StringAssert.Contains(early.StopReason, "2 epochs without");
        Assert.IsTrue(early.BestWeightsRestored);
        Assert.IsGreaterThan(1, early.BestEpoch!.Value);
        StringAssert.Contains(Whole("validation loss not finite").Warnings[0], "The validation loss of epoch");
        Assert.IsNotEmpty(Whole("dropout and probes").Ranges);

        static TrainingResult Whole(string name) => Case(name).Run(null)!.Result;
    }

    [TestMethod]
    public void Run_FromAFinishedRun_GivesItsModelWithoutAStep()
    {
        foreach (ResumeCase one in ResumeCase.All)
        {
            var kept = new KeptCheckpoints();
            ResumeCase.Outcome whole = one.Run(kept)!;
            Assert.HasCount(1, kept.Kept, "the one at the end");
            Assert.IsTrue(kept.Latest.IsFinished);

            // Before a step it would be cancelled; after the last epoch there is one call.
            ResumeCase.Outcome again = one.Run(kept, stopBefore: 2)!;
            OutcomeAssert.AreEqual(whole, again, one.Name);
            Assert.HasCount(1, kept.Kept, "nothing is new");
        }
    }

    [TestMethod]
    public void Run_CancelledAfterItsLastEpoch_LeavesTheFinishedRun()
    {
        ResumeCase one = Case("early stopping");
        var kept = new KeptCheckpoints();
        ResumeCase.Outcome whole = one.Run(null)!;
        Assert.IsNull(one.Run(kept, (int)whole.Result.Attempts + 1));
        Assert.IsTrue(kept.Latest.IsFinished);
        OutcomeAssert.AreEqual(whole, one.Run(kept)!, "finished");
    }

    private static ResumeCase Case(string name) => ResumeCase.All.Single(one => one.Name == name);
}
