using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Run.Checkpoints;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Observers;

/// <summary>A run that ends within an epoch: stopped, cancelled, or by an exception. What it had learned is what so many steps
/// learn.</summary>
[TestClass]
public sealed class RunEndTests
{
    /// <summary>Within the first epoch of seven steps, at its end, and within the second.</summary>
    public static IEnumerable<object[]> Steps => [[1], [3], [7], [10]];

    [TestMethod]
    [DynamicData(nameof(Steps))]
    public void Stopped_AfterAStep_KeepsItsWeightsAndAPartOfTheEpoch(int steps)
    {
        using var stop = new CancellationTokenSource();
        var run = new ObservedRun { StopToken = stop.Token, BeforeStep = number => At(number, steps + 1, stop.Cancel) };
        TrainingResult result = run.Run();

        CollectionAssert.AreEqual(WeightsAfter(run, steps), run.Weights);
        AssertHistory(result, steps);
        Assert.AreEqual(steps == 7 ? "stopped after epoch 1" : $"stopped in epoch {1 + (steps / 7)} after {steps % 7} of 7 steps",
            result.StopReason);
        CollectionAssert.AreEqual(result.History.ToArray(), run.Heard.Of<TrainingMetrics>().ToArray());
        Assert.AreEqual(RunEnding.Stopped, ((RunEnded)run.Heard.Told[^1]).Ending);
    }

    [TestMethod]
    [DynamicData(nameof(Steps))]
    public void Cancelled_AfterAStep_CarriesItsWeightsAndAPartOfTheEpoch(int steps)
    {
        var run = new ObservedRun { BeforeStep = number => At(number, steps + 1, ObservedRun.Cancel) };
        UnfinishedRun unfinished = UnfinishedRun.Of(Assert.ThrowsExactly<OperationCanceledException>(() => run.Run()))!;

        Assert.AreSame(run.Network, unfinished.Network);
        Assert.IsTrue(unfinished.IsCanceled);
        CollectionAssert.AreEqual(WeightsAfter(run, steps), run.Weights);
        AssertHistory(unfinished.Result, steps);
        CollectionAssert.AreEqual(
            Enumerable.Range(1, steps).ToArray(), run.Heard.Steps.Select(step => (int)step.Attempt).ToArray(), "those that waited, too");
        var ended = (RunEnded)run.Heard.Told[^1];
        Assert.AreEqual(RunEnding.Canceled, ended.Ending);
        Assert.AreSame(unfinished.Result, ended.Result);
        StringAssert.StartsWith(ended.Reason, "canceled ");
    }

    /// <summary>Behind the last of 21 steps, when all epochs have ended.</summary>
    [TestMethod]
    public void Cancelled_BehindTheLastEpoch_IsCancelledNotFailed()
    {
        var run = new ObservedRun { BeforeStep = number => At(number, 22, ObservedRun.Cancel) };
        UnfinishedRun unfinished = UnfinishedRun.Of(Assert.ThrowsExactly<OperationCanceledException>(() => run.Run()))!;

        Assert.IsTrue(unfinished.IsCanceled);
        var ended = (RunEnded)run.Heard.Told[^1];
        Assert.AreEqual(RunEnding.Canceled, ended.Ending);
        Assert.AreEqual("canceled after epoch 3", ended.Reason);
    }

    [TestMethod]
    public void Result_OfRowsHeldBack_HasTheirNumber()
    {
        Assert.AreEqual(60, new ObservedRun { HeldBack = 0.3f }.Run().ValidationRows);
        Assert.AreEqual(0, new ObservedRun().Run().ValidationRows);
    }

    /// <summary>An observer of steps asks while they go on: the clock lets each be told of by itself.</summary>
    [TestMethod]
    public void RequestStop_WithinAnEpoch_EndsBeforeTheNextStep()
    {
        var time = new FakeTime();
        var run = new ObservedRun
        {
            Time = time,
            BeforeStep = _ => time.Advance(200),
            Heard = new EventList
            {
                Heard = told => At((told as RunSteps)?.Steps[^1].Attempt, 9, () => ((RunSteps)told).RequestStop()),
            },
        };
        TrainingResult result = run.Run();

        AssertHistory(result, 9);
        Assert.AreEqual("stopped in epoch 2 after 2 of 7 steps", result.StopReason);
    }

    [TestMethod]
    public void Stopped_BeforeTheFirstStep_KeepsTheStartingWeights()
    {
        var run = new ObservedRun { StopToken = new CancellationToken(canceled: true), HeldBack = 0.3f };
        float[] start = run.Weights;
        TrainingResult result = run.Run();

        CollectionAssert.AreEqual(start, run.Weights);
        Assert.IsEmpty(result.History);
        Assert.AreEqual(("stopped before the first step", 0L, "no epochs"), (result.StopReason, result.Attempts, result.ToString()));
    }

    /// <summary>The part is validated as an epoch is, and is the best where its loss is the smallest: with a good rate each step helps;
    /// with a huge one an earlier epoch is better.</summary>
    [TestMethod]
    [DataRow(0.003f, 3)]
    [DataRow(1000f, null)]
    public void Stopped_WithValidation_KeepsTheBestWeightsThePartIncluded(float rate, int? expected)
    {
        using var stop = new CancellationTokenSource();
        var seen = new List<float[]>();
        ObservedRun run = null!;
        run = new ObservedRun
        {
            Options = new TrainingOptions
            {
                Precision = PrecisionPolicy.Float32,
                Epochs = 9,
                BatchSize = 32,
                Seed = 5,
                LearningRate = rate,
            },
            HeldBack = 0.3f,
            StopToken = stop.Token,
            BeforeStep = number => At(number, 14, stop.Cancel),
            Heard = new EventList { Heard = told => seen.AddRange(told is TrainingMetrics ? [run.Weights] : []) },
        };
        TrainingResult result = run.Run();

        // 140 rows: five steps an epoch; the stop comes before the fourth of the third.
        Assert.AreEqual((3, true, 96L), (result.History.Count, result.History[^1].IsPartial, result.History[^1].Rows));
        Assert.IsTrue(result.History.All(epoch => epoch.ValidationLoss is not null));
        int best = result.History.MinBy(epoch => epoch.ValidationLoss)!.Epoch;
        Assert.AreEqual(expected ?? best, best);
        Assert.AreEqual(expected is null, best < 3, "the case is what it says");
        Assert.AreEqual(best, result.BestEpoch);
        Assert.IsTrue(result.BestWeightsRestored);
        CollectionAssert.AreEqual(seen[best - 1], run.Weights);
    }

    /// <summary>A stop in an epoch whose steps so far were all skipped, since a static scale does not suit one row, says nothing of a
    /// training that has stopped to learn; an epoch of such steps does.</summary>
    [TestMethod]
    [DataRow(2, false)]
    [DataRow(7, true)]
    public void Stopped_BehindSkippedStepsOnly_CallsNothingStuckThatIsNot(int steps, bool said)
    {
        using var stop = new CancellationTokenSource();
        var run = new ObservedRun
        {
            Options = new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Static(1),
                Epochs = 3,
                BatchSize = 32,
                Seed = 5,
                LearningRate = 1e30f,
                Optimizer = OptimizerKind.Sgd,
            },
            StopToken = stop.Token,
            BeforeStep = number => At(number, 8 + steps, stop.Cancel),
        };
        TrainingResult result = run.Run();

        // The first step's rate makes the weights infinite in Float16: no later one is committed.
        Assert.AreEqual((1L, steps + 6L), (result.Steps, result.Skipped));
        Assert.AreEqual(said, result.Warnings.Any(text => text.StartsWith("Every step of the last epoch", StringComparison.Ordinal)));
    }

    /// <summary>One event of each kind; all but the first observer are told of the end.</summary>
    [TestMethod]
    [DataRow(typeof(RunPlanned), 0)]
    [DataRow(typeof(RunSteps), 7)]
    [DataRow(typeof(StepSkipped), 7)]
    [DataRow(typeof(RunWarning), 0)]
    [DataRow(typeof(TrainingMetrics), 7)]
    public void Observer_ThatThrows_EndsTheRunWithItsException(Type kind, int attempts)
    {
        var thrown = new InvalidCastException("enough");
        var after = new EventList { Heard = told => At(told is RunEnded ? 1 : 0, 1, () => throw new DivideByZeroException()) };
        var run = new ObservedRun
        {
            Options = new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Dynamic(initialScale: 16777216),
                Epochs = 3,
                BatchSize = 32,
                Seed = 5,
                WarmupFraction = 0.01f,
                RetryPasses = 0,
            },
            Time = new FakeTime(),
            Heard = new EventList { Heard = told => At(told.GetType() == kind ? 1 : 0, 1, () => throw thrown) },
        };

        Assert.AreSame(thrown, Assert.ThrowsExactly<InvalidCastException>(() => run.Run(after)));
        TrainingResult result = UnfinishedRun.Of(thrown)!.Result;
        Assert.AreEqual(attempts, result.Attempts);
        Assert.AreEqual(attempts, result.History.Sum(epoch => epoch.AttemptCount));
        StringAssert.EndsWith(result.StopReason, ": enough");
        foreach (EventList heard in (EventList[])[run.Heard, after])
        {
            var ended = (RunEnded)heard.Told[^1];
            Assert.AreEqual((RunEnding.Failed, "enough"), (ended.Ending, ended.Reason));
            Assert.AreSame(thrown, ended.Error);
            Assert.AreSame(result, ended.Result);
        }

        Assert.IsFalse(after.Told.Any(told => told.GetType() == kind), "the event itself ended with the first observer");
    }

    /// <summary>DeepSpeed's rule gives up at its floor.</summary>
    [TestMethod]
    public void Failed_ByTheLossScale_CarriesWhatHappened()
    {
        var run = new ObservedRun
        {
            Options = new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.DeepSpeed,
                Epochs = 30,
                BatchSize = 32,
            },
            Heavy = 1099511627776f,
        };
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => run.Run());
        UnfinishedRun unfinished = UnfinishedRun.Of(error)!;

        StringAssert.StartsWith(error.Message, "The loss scale reached");
        Assert.AreEqual(unfinished.Result.Attempts, unfinished.Result.History.Sum(epoch => epoch.AttemptCount));
        Assert.IsTrue(unfinished.Result.History[^1].Attempts[^1].Skipped);
        Assert.IsFalse(unfinished.IsCanceled);
        Assert.AreEqual(error.Message, ((RunEnded)run.Heard.Told[^1]).Reason);
    }

    /// <summary>After each way to end, a run that goes on from the last checkpoint ends as if nothing had been.</summary>
    [TestMethod]
    public void Run_FromTheCheckpointBeforeAFailure_EndsAsIfItHadNotFailed()
    {
        var whole = new ObservedRun();
        TrainingResult expected = whole.Run();
        var kept = new KeptCheckpoints { EverySteps = 4 };
        var failed = new ObservedRun { Checkpoints = kept, BeforeStep = number => At(number, 14, () => throw new DivideByZeroException()) };
        Assert.ThrowsExactly<DivideByZeroException>(() => failed.Run());
        Assert.AreEqual(12, kept.Latest.Attempts);
        var again = new ObservedRun { Checkpoints = kept };

        OutcomeAssert.AreEqual(expected, again.Run(), "again");
        CollectionAssert.AreEqual(whole.Weights, again.Weights);
    }

    /// <summary>200 rows in steps of 32: six of them and one of 8.</summary>
    private static void AssertHistory(TrainingResult result, int steps)
    {
        Assert.AreEqual((steps, (long)steps), (result.Attempts, result.Steps));
        Assert.AreEqual(steps, result.History.Sum(epoch => epoch.AttemptCount));
        CollectionAssert.AreEqual(
            Enumerable.Range(1, steps).ToArray(),
            result.History.SelectMany(epoch => epoch.Attempts).Select(step => (int)step.Attempt).ToArray());
        TrainingMetrics last = result.History[^1];
        Assert.AreEqual(steps % 7 != 0, last.IsPartial);
        Assert.AreEqual(steps % 7 == 0 ? 200 : steps % 7 * 32, last.Rows);
        Assert.AreEqual(1 + ((steps - 1) / 7), result.History.Count);
        Assert.AreEqual(last.Attempts.Sum(step => (double)step.Loss * step.Rows) / last.Rows, last.Loss, 1e-12);
        Assert.IsGreaterThan(0, result.Memory.Total);
    }

    /// <summary>The weights after so many steps of a plan that knows no loop.</summary>
    private static float[] WeightsAfter(ObservedRun run, int steps)
    {
        using var device = new CpuDevice(1);
        using RowStore store = run.Store(device);
        Network network = new ObservedRun().Network;
        TrainingOptions options = run.Options;
        var settings = new PlanSettings(options.Precision, LossScaleRule.None, options.OptimizerSettings, options.BatchSize)
        {
            Seed = options.Seed,
            HasWeights = store.HasWeights,
        };
        using var plan = new TrainingPlan(network, settings, device);
        int[] order = new int[store.Rows];
        var rows = new RowOrder(store.Rows, [], 0);
        for (int step = 0; step < steps; step++)
        {
            int at = step % 7 * options.BatchSize, count = Math.Min(options.BatchSize, store.Rows - at);
            if (at == 0)
            {
                rows.Fill(1 + (step / 7), order);
                plan.Steps.BeginEpoch(store, order);
            }

            plan.Steps.Take(new StepRequest(count) { LearningRate = options.LearningRate });
        }

        plan.Store();
        return [.. network.Parameters.SelectMany(parameter => parameter.Values)];
    }

    private static void At(long? number, int when, Action what)
    {
        if (number == when)
        {
            what();
        }
    }
}
