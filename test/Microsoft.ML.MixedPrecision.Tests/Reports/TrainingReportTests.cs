using System.Diagnostics;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>What a run calls, reports and keeps, by the engine alone.</summary>
[TestClass]
public sealed class TrainingReportTests
{
    private const float Frozen = 1e-30f;
    private const int Rows = 10;

    /// <summary>Ten rows in steps of 4 · 2 are 2 steps, in three epochs T = 6: the rate of step t is 1 − (t − 1)/6.</summary>
    [TestMethod]
    public void Run_WithASchedule_SpreadsItOverTheStepsOfAllEpochs()
    {
        var options = Options(3) with
        {
            BatchSize = 4,
            GradientAccumulationSteps = 2,
            Schedule = LearningRateSchedule.Linear,
            LearningRate = 1,
        };

        TrainingResult result = Run(options);

        StepMetrics[] attempts = [.. result.History.SelectMany(epoch => epoch.Attempts)];
        Assert.HasCount(6, attempts);
        for (int t = 1; t <= attempts.Length; t++)
        {
            Assert.AreEqual(1 - ((t - 1) / 6.0), attempts[t - 1].LearningRate, 1e-6);
            Assert.AreEqual(t, attempts[t - 1].Attempt);
        }

        Assert.AreEqual(result.History[0].Attempts[^1].LearningRate, result.History[0].LearningRate);
    }

    [TestMethod]
    public void Run_ToTheEnd_CallsBackAndSaysWhyItEnded()
    {
        int planned = 0, alive = 0, epochs = 0, batch = 0;
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, Rows, 8, 4);
        var loop = LoopRuns.Of(Examples.Network(8, [], 4), Options(3), device, store, null);

        TrainingResult result = loop.Run(() => alive++, new EventList { Heard = Hear });

        Assert.AreEqual(1, planned);
        Assert.AreEqual(Rows, batch, "no more memory than there are rows");
        Assert.AreEqual(3, epochs);
        Assert.AreEqual(3 + 1, alive, "before each step and after the last epoch");
        Assert.AreEqual("all 3 epochs done", result.StopReason);
        Assert.AreEqual(device.Description, result.Device);
        Assert.AreEqual(TimeSpan.Zero, result.Timings.Staging, "the CPU reads the rows where they are");
        Assert.IsGreaterThan(TimeSpan.Zero, result.Timings.Training);

        void Hear(object told)
        {
            epochs += told is TrainingMetrics ? 1 : 0;
            if (told is RunPlanned plan)
            {
                Assert.AreEqual(0, alive, "before the first step");
                (planned, batch) = (planned + 1, plan.BatchRows);
            }
        }
    }

    [TestMethod]
    public void Run_WithoutValidationRows_ReportsAndRestoresNone()
    {
        TrainingResult result = Run(Options(3) with { EarlyStoppingPatience = 1 });

        Assert.HasCount(3, result.History);
        Assert.IsTrue(result.History.All(epoch => epoch.ValidationLoss is null && epoch.ValidationAccuracy is null));
        Assert.IsNull(result.BestEpoch);
        Assert.IsFalse(result.BestWeightsRestored);
    }

    /// <summary>Who did not ask for early stopping gets the last weights, told which epoch was the best.</summary>
    [TestMethod]
    public void Run_ToTheEndWithoutPatience_KeepsTheLastWeights()
    {
        float last = 0;
        Network network = Examples.Network(8, [16], 4);
        var options = Options(40) with { BatchSize = 2, LearningRate = 0.2f };

        TrainingResult result = Run(options, network, _ => last = network.Parameters[0].Values[0], heldBack: 0.4f);

        Assert.IsNotNull(result.BestEpoch);
        Assert.AreNotEqual(40, result.BestEpoch, "another rate is needed, that makes it worse at the end");
        Assert.IsFalse(result.BestWeightsRestored);
        Assert.AreEqual(last, network.Parameters[0].Values[0]);
    }

    /// <summary>Who asked for early stopping gets the best weights also where the patience lasted.</summary>
    [TestMethod]
    public void Run_ToTheEndWithPatienceLeft_RestoresTheBestWeights()
    {
        var seen = new List<float>();
        Network network = Examples.Network(8, [16], 4);
        var options = Options(40) with { BatchSize = 2, LearningRate = 0.2f, EarlyStoppingPatience = 1000 };

        TrainingResult result = Run(options, network, _ => seen.Add(network.Parameters[0].Values[0]), heldBack: 0.4f);

        Assert.HasCount(40, result.History);
        Assert.IsTrue(result.BestWeightsRestored);
        Assert.AreEqual(seen[result.BestEpoch!.Value - 1], network.Parameters[0].Values[0]);
        Assert.AreNotEqual(seen[^1], network.Parameters[0].Values[0]);
    }

    [TestMethod]
    public void Run_StoppedEarly_SaysWhy()
    {
        var options = Options(50) with { LearningRate = Frozen, EarlyStoppingPatience = 3 };

        Assert.AreEqual("3 epochs without a smaller validation loss", Run(options, heldBack: 0.4f).StopReason);
        TrainingResult impatient = Run(options with { EarlyStoppingPatience = 1 }, heldBack: 0.4f);
        Assert.AreEqual("1 epoch without a smaller validation loss", impatient.StopReason);
        Assert.AreEqual("the only epoch done", Run(Options(1)).StopReason);
        Assert.AreEqual(
            "stop requested after epoch 2",
            Run(options, onEpoch: metrics => Stop(metrics, after: 2), heldBack: 0.4f).StopReason);
    }

    /// <summary>Validation rows beyond what the network computes with say nothing of the weights: the run goes on to its end, keeps the
    /// last weights, and says why.</summary>
    [TestMethod]
    public void Run_ValidationRowsBeyondFloat32_TrainsOnAndSaysSo()
    {
        using var device = new CpuDevice(1);
        using RowStore train = Examples.Clusters(device, NumericFormat.Float32, Rows, 8, 4);
        using var validation = new RowStore(device, NumericFormat.Float32, 8, hasWeights: false);
        validation.Append([3e38f, -3e38f, 3e38f, -3e38f, 3e38f, -3e38f, 3e38f, -3e38f], 0, 1f);
        Network network = Examples.Network(8, [16], 4);
        float last = float.NaN;
        var options = Options(9) with { EarlyStoppingPatience = 2, LearningRate = 0.01f };

        TrainingResult result = LoopRuns.Of(network, options, device, train, validation).Run(
            _ => last = network.Parameters[0].Values[0],
            _ => { },
            () => { });

        Assert.HasCount(9, result.History);
        Assert.IsNull(result.BestEpoch);
        Assert.IsFalse(result.BestWeightsRestored);
        Assert.AreEqual(last, network.Parameters[0].Values[0]);
        string warning = result.Warnings.Single();
        StringAssert.Contains(warning, "validation loss of epoch 1");
        StringAssert.Contains(warning, "those of the training rows are not");
    }

    /// <summary>Validation rows of their own leave all others to train; the loss is theirs.</summary>
    [TestMethod]
    public void Run_WithValidationRowsOfTheirOwn_TrainsOnAllOthers()
    {
        using var device = new CpuDevice(1);
        using RowStore train = Examples.Clusters(device, NumericFormat.Float32, Rows, 8, 4);
        using RowStore validation = Examples.Clusters(device, NumericFormat.Float32, 7, 8, 4, weights: true);
        Network network = Examples.Network(8, [16], 4);
        double expected = new ReferenceLoss(validation, network).Loss();
        var options = Options(1) with { LearningRate = Frozen };

        TrainingResult result = LoopRuns.Of(network, options, device, train, validation).Run(null, _ => { }, () => { });

        Assert.AreEqual(Rows, result.Rows);
        Assert.AreEqual(expected, result.History[0].ValidationLoss!.Value, 1e-6);
    }

    /// <summary>Training takes a part of the time around it, so that its speed is at least rows ÷ that time; the speed of all epochs lies
    /// between theirs.</summary>
    [TestMethod]
    public void Run_OfSeveralEpochs_ReportsRowsASecond()
    {
        long started = Stopwatch.GetTimestamp();
        TrainingResult result = Run(Options(3));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

        Assert.IsTrue(result.History.All(epoch => epoch.RowsPerSecond >= Rows / seconds));
        Assert.IsGreaterThanOrEqualTo(3 * Rows / seconds, result.RowsPerSecond);
        Assert.IsGreaterThanOrEqualTo(result.History.Min(epoch => epoch.RowsPerSecond) * (1 - 1e-9), result.RowsPerSecond);
        Assert.IsLessThanOrEqualTo(result.History.Max(epoch => epoch.RowsPerSecond) * (1 + 1e-9), result.RowsPerSecond);
    }

    /// <summary>A scale of 2²⁴ overflows at first: an epoch's norm is that of its last committed step, NaN while there is none.</summary>
    [TestMethod]
    public void Run_WithSkippedSteps_ReportsTheNormOfTheLastCommittedOne()
    {
        TrainingResult result = Run(
            Options(12) with
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Dynamic(initialScale: 1 << 24),
                RetryPasses = 0,
                BatchSize = 5,
            });

        Assert.IsTrue(double.IsNaN(result.History[0].GradientNorm));
        Assert.AreEqual(2, result.History[0].Skipped);
        foreach (TrainingMetrics epoch in result.History)
        {
            double expected = epoch.Attempts.LastOrDefault(attempt => !attempt.Skipped)?.GradientNorm ?? double.NaN;
            Assert.AreEqual(expected, epoch.GradientNorm);
        }

        Assert.AreNotEqual(result.History[^1].Attempts[0].GradientNorm, result.History[^1].GradientNorm);
    }

    [TestMethod]
    public void Run_WithLogitsThatAreNotFinite_NamesThem()
    {
        Network network = Examples.Network(8, [], 4);
        network.OutputLayer.Bias.Values[1] = float.NaN;

        StepMetrics attempt = Run(Options(1), network).History[0].Attempts[0];

        Assert.IsTrue(attempt.Skipped);
        Assert.AreEqual("logits", attempt.NonFinite);
    }

    /// <summary>The square of 10³⁰ is beyond Float32, 2 · 10³⁰ is not.</summary>
    [TestMethod]
    public void Run_WithALossThatIsNotFinite_NamesIt()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false, targetWords: 1);
        store.Append([1f], [1e30f], 1f);
        var loop = LoopRuns.Of(Examples.Network(1, [], 1), Options(1) with { Loss = new SquaredErrorLoss() }, device, store, null);

        TrainingMetrics epoch = loop.Run(null, _ => { }, () => { }).History[0];

        Assert.AreEqual("loss", epoch.Attempts[0].NonFinite);
        Assert.IsTrue(double.IsNaN(epoch.Loss), "the mean of no finite loss");
    }

    private static TrainingOptions Options(int epochs) => new() { Precision = PrecisionPolicy.Float32, Epochs = epochs };

    private static void Stop(TrainingMetrics metrics, int after)
    {
        if (metrics.Epoch == after)
        {
            metrics.RequestStop();
        }
    }

    private static TrainingResult Run(
        TrainingOptions options,
        Network? network = null,
        Action<TrainingMetrics>? onEpoch = null,
        float heldBack = 0)
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, options.Precision.ComputeFormat, Rows, 8, 4);
        return LoopRuns.Of(
            network ?? Examples.Network(8, [16], 4),
            options,
            device,
            store,
            null,
            Examples.HoldingBack(heldBack, Rows)).Run(onEpoch, _ => { }, () => { });
    }
}
