using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

[TestClass]
public sealed class TrainingLoopTests
{
    private const int Rows = 200;

    [TestMethod]
    public void Run_SameSeedTwice_GivesTheSameBits()
    {
        float[][] first = Weights(
            new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, Epochs = 3, BatchSize = 32, Seed = 5 },
            threads: 2);
        float[][] second = Weights(
            new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, Epochs = 3, BatchSize = 32, Seed = 5 },
            threads: 2);
        float[][] other = Weights(
            new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, Epochs = 3, BatchSize = 32, Seed = 6 },
            threads: 2);

        Assert.IsTrue(first.Zip(second).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)));
        Assert.IsFalse(first[0].AsSpan().SequenceEqual(other[0]));
    }

    [TestMethod]
    public void Run_OtherNumberOfThreads_GivesTheSameBits()
    {
        var options = new TrainingOptions { Precision = PrecisionPolicy.MixedBFloat16, Epochs = 2, BatchSize = 64 };
        float[][] one = Weights(options, threads: 1);
        float[][] three = Weights(options, threads: 3);

        Assert.IsTrue(one.Zip(three).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)));
    }

    [TestMethod]
    public void Run_HighInitialScale_RecordsSkipsAndGrowthInTheHistory()
    {
        TrainingResult result = Train(new TrainingOptions
        {
            Precision = PrecisionPolicy.MixedFloat16,
            LossScaling = LossScaling.Dynamic(initialScale: 16777216, growthInterval: 10),
            RetryPasses = 0,
            Epochs = 5,
            BatchSize = 32,
        });
        StepMetrics[] attempts = [.. result.History.SelectMany(epoch => epoch.Attempts)];

        // 200 rows in batches of 32 are 7 attempts an epoch.
        Assert.HasCount(35, attempts);
        Assert.AreEqual(35, result.Attempts);
        Assert.AreEqual(result.Attempts, result.Steps + result.Skipped);
        Assert.IsGreaterThan(0L, result.Skipped);
        Assert.IsGreaterThan(0L, result.Growths);
        Assert.AreEqual(result.Skipped, attempts.Count(step => step.Skipped));
        Assert.AreEqual(16777216f, attempts[0].LossScale);
        for (int i = 1; i < attempts.Length; i++)
        {
            float ratio = attempts[i].LossScale / attempts[i - 1].LossScale;
            Assert.AreEqual(attempts[i - 1].Skipped ? 0.5f : ratio > 1 ? 2f : 1f, ratio);
            Assert.AreEqual(attempts[i - 1].Step + (attempts[i].Skipped ? 0 : 1), attempts[i].Step);
        }
    }

    [TestMethod]
    public void Run_EarlyStopping_RestoresTheBestEpoch()
    {
        // A large rate makes the validation loss rise again soon.
        var seen = new List<(double Loss, float First)>();
        Network network = Examples.Network(8, [16], 4);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            Epochs = 200,
            BatchSize = 16,
            LearningRate = 0.05f,
            EarlyStoppingPatience = 3,
        };
        TrainingResult result = Train(
            options,
            network,
            metrics => seen.Add((metrics.ValidationLoss!.Value, network.Parameters[0].Values[0])),
            heldBack: 0.3f);
        int best = seen.IndexOf(seen.MinBy(entry => entry.Loss));

        Assert.AreEqual(best + 1, result.BestEpoch);
        Assert.HasCount(best + 1 + 3, result.History);
        Assert.IsTrue(result.BestWeightsRestored);
        Assert.AreEqual(seen[best].First, network.Parameters[0].Values[0]);
    }

    [TestMethod]
    public void Run_StopRequested_EndsAfterThatEpoch()
    {
        TrainingResult result = Train(
            new TrainingOptions { Precision = PrecisionPolicy.Float32, Epochs = 50 },
            onEpoch: metrics =>
            {
                if (metrics.Epoch == 2)
                {
                    metrics.RequestStop();
                }
            });

        Assert.HasCount(2, result.History);
        StringAssert.Contains(result.StopReason, "stop requested", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Run_Cancelled_ThrowsBeforeTheNextStep()
    {
        int calls = 0;
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, Rows, 8, 4);
        var loop = LoopRuns.Of(
            Examples.Network(8, [16], 4),
            new TrainingOptions { Precision = PrecisionPolicy.Float32 },
            device,
            store,
            null);

        Assert.ThrowsExactly<OperationCanceledException>(() => loop.Run(null, _ => { }, CancelAtThirdStep));

        void CancelAtThirdStep()
        {
            if (++calls == 3)
            {
                throw new OperationCanceledException();
            }
        }
    }

    [TestMethod]
    public void Run_RangeProbes_ReportTheLargestValues()
    {
        TrainingResult result = Train(
            new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Static(1024),
                Epochs = 2,
                RangeProbeInterval = 1,
            });

        string[] names = ["features", "hidden.0.activation", "output", "output.gradient", "hidden.0.activation.gradient"];
        CollectionAssert.AreEquivalent(names, result.Ranges.Select(range => range.Name).ToArray());
        Assert.IsTrue(result.Ranges.All(range => range.Largest is > 0 and < 65504));

        // Softmax minus one-hot is at most 1 in size, divided by 200 rows, times the scale.
        float gradient = result.Ranges.Single(range => range.Name == "output.gradient").Largest;
        Assert.IsLessThanOrEqualTo(1024f / Rows, gradient);
        Assert.IsGreaterThan(1024f / Rows / 20, gradient);
    }

    [TestMethod]
    public void Run_OverflowAtTheSmallestScale_WarnsOnce()
    {
        var lines = new List<string>();
        TrainingResult result = Train(
            new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Dynamic(initialScale: 1),
                Epochs = 3,
                BatchSize = 16,
                LearningRate = 1e6f,
                Optimizer = OptimizerKind.Sgd,
            },
            log: lines.Add);

        Assert.HasCount(1, lines.Where(line => line.Contains("smallest loss scale", StringComparison.Ordinal)).ToArray());
        CollectionAssert.AreEqual(lines, result.Warnings.ToArray());
    }

    [TestMethod]
    public void Run_ScalerWithoutFloat16_SaysOnceThatItIsUnused()
    {
        TrainingResult result = Train(
            new TrainingOptions { Precision = PrecisionPolicy.MixedBFloat16, LossScaling = LossScaling.Static(1024), Epochs = 2 });

        Assert.HasCount(1, result.Warnings);
        StringAssert.Contains(result.Warnings[0], "it changes nothing", StringComparison.Ordinal);
        Assert.AreEqual(1f, result.FinalLossScale);
    }

    private static float[][] Weights(TrainingOptions options, int threads)
    {
        Network network = Examples.Network(8, [16, 12], 4, seed: options.Seed);
        using var device = new CpuDevice(threads);
        using RowStore store = Examples.Clusters(device, options.Precision.ComputeFormat, Rows, 8, 4);
        LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });
        return [.. network.Parameters.Select(parameter => parameter.Values)];
    }

    private static TrainingResult Train(
        TrainingOptions options,
        Network? network = null,
        Action<TrainingMetrics>? onEpoch = null,
        Action<string>? log = null,
        float heldBack = 0)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, options.Precision.ComputeFormat, Rows, 8, 4);
        return LoopRuns.Of(
            network ?? Examples.Network(8, [16], 4),
            options,
            device,
            store,
            null,
            Examples.HoldingBack(heldBack, Rows)).Run(onEpoch, log ?? (_ => { }), () => { });
    }
}
