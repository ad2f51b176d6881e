using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Reference;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

/// <summary>Runs at the edges: short last steps, more records than the ring holds, nothing but skips, scales that fail.</summary>
[TestClass]
public sealed class TrainingLoopEdgeTests
{
    private const float Frozen = 1e-30f;

    [TestMethod]
    [DataRow(10, 4, 2, "8 2")]
    [DataRow(10, 4, 1, "4 4 2")]
    [DataRow(10, 3, 100, "10")]
    [DataRow(10, 64, 1, "10")]
    [DataRow(1, 4, 2, "1")]
    public void Run_AnyStepSize_LossIsTheMeanOverAllRows(int rows, int batch, int accumulation, string steps)
    {
        // The rate is too small to change a weight, so every step sees the starting network.
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, rows, 8, 4, weights: true);
        Network network = Examples.Network(8, [16], 4);
        double expected = new ReferenceLoss(store, network).Loss();
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            Optimizer = OptimizerKind.Sgd,
            LearningRate = Frozen,
            BatchSize = batch,
            GradientAccumulationSteps = accumulation,
            Epochs = 1,
        };
        TrainingResult result = Run(device, store, network, options);

        Assert.AreEqual(steps, string.Join(' ', result.History[0].Attempts.Select(step => step.Rows)));
        Assert.AreEqual(expected, result.History[0].Loss, 1e-6);
        Assert.AreEqual(rows, result.Rows);
    }

    [TestMethod]
    public void Run_TwoEpochs_SeeTheSameRowsInAnotherOrder()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 64, 8, 4);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            Optimizer = OptimizerKind.Sgd,
            LearningRate = Frozen,
            BatchSize = 1,
            Epochs = 2,
        };
        TrainingResult result = Run(device, store, Examples.Network(8, [16], 4), options);
        float[] first = [.. result.History[0].Attempts.Select(step => step.Loss)];
        float[] second = [.. result.History[1].Attempts.Select(step => step.Loss)];

        CollectionAssert.AreNotEqual(first, second);
        CollectionAssert.AreEquivalent(first, second);
    }

    [TestMethod]
    public void Run_MoreStepsThanTheRingHolds_LosesNoRecord()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 4100, 2, 2);
        TrainingResult result = Run(
            device,
            store,
            Examples.Network(2, [], 2),
            new TrainingOptions { Precision = PrecisionPolicy.Float32, BatchSize = 1, Epochs = 1 });

        CollectionAssert.AreEqual(
            Enumerable.Range(1, 4100).Select(i => (long)i).ToArray(),
            result.History[0].Attempts.Select(step => step.Attempt).ToArray());
    }

    /// <summary>Ten epochs of 12,000 steps: more attempts than are kept. What an epoch reports is that of all its steps; the rate is too
    /// small to change a weight.</summary>
    [TestMethod]
    public void Run_MoreStepsThanAreKept_ReportsAllOfThem()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 12_000, 2, 2);
        Network network = Examples.Network(2, [], 2);
        double expected = new ReferenceLoss(store, network).Loss();
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            Optimizer = OptimizerKind.Sgd,
            LearningRate = Frozen,
            Schedule = LearningRateSchedule.Linear,
            BatchSize = 1,
            Epochs = 10,
        };

        TrainingResult result = Run(device, store, network, options);

        Assert.AreEqual((120_000, 12_000), (result.Attempts, result.Rows));
        Assert.IsLessThanOrEqualTo(100_000 + 10, result.History.Sum(epoch => epoch.Attempts.Count));
        foreach (TrainingMetrics epoch in result.History)
        {
            Assert.AreEqual(12_000, epoch.AttemptCount);
            Assert.AreEqual(expected, epoch.Loss, 1e-6);
            StepMetrics last = epoch.Attempts[^1];
            Assert.AreEqual((12_000L * epoch.Epoch, epoch.Epoch, 1), (last.Attempt, last.Epoch, last.Rows));
            Assert.AreEqual((last.LearningRate, last.GradientNorm), (epoch.LearningRate, epoch.GradientNorm));
        }
    }

    [TestMethod]
    [DataRow(0, 2)]
    [DataRow(16, 4)] // outputs that are not finite run again once
    public void Run_EveryStepSkipped_KeepsTheStartAndSaysSo(int passes, int attempts)
    {
        using var device = new CpuDevice(1);
        using RowStore store = NaNs(device);
        Network network = Examples.Network(2, [3], 2);
        float[] before = [.. network.Parameters[0].Values];
        TrainingResult result = Run(
            device,
            store,
            network,
            new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, BatchSize = 2, Epochs = 1, RetryPasses = passes });

        Assert.AreEqual(0, result.Steps);
        Assert.AreEqual(attempts, result.Skipped);
        Assert.AreEqual((attempts, attempts, 2), (result.History[0].AttemptCount, result.History[0].Skipped, result.History[0].Lost));
        Assert.IsTrue(double.IsNaN(result.History[0].Loss));
        Assert.IsTrue(double.IsNaN(result.History[0].GradientNorm));
        CollectionAssert.AreEqual(before, network.Parameters[0].Values);
        StringAssert.Contains(result.Warnings.Single(), $"All {attempts} steps were skipped", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Run_DeepSpeedAtItsFloor_EndsWithAnError()
    {
        // 65536 = 2^16: one overflow uses up the hysteresis, 16 halve down to 1, the next is the error.
        using var device = new CpuDevice(1);
        using RowStore store = NaNs(device);
        int steps = 0;
        var loop = LoopRuns.Of(
            Examples.Network(2, [3], 2),
            new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.DeepSpeed,
                BatchSize = 4,
                Epochs = 50,
            },
            device,
            store,
            null);

        Assert.ThrowsExactly<InvalidOperationException>(() => loop.Run(null, _ => { }, () => steps++));
        Assert.AreEqual(18, steps);
    }

    [TestMethod]
    public void Run_StopRequestedWithValidationRows_RestoresTheBestEpoch()
    {
        var seen = new List<(double Loss, float First)>();
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 200, 8, 4);
        Network network = Examples.Network(8, [16], 4);
        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, Epochs = 100, BatchSize = 16, LearningRate = 0.05f };
        TrainingResult result = LoopRuns.Of(
            network,
            options,
            device,
            store,
            null,
            Examples.HoldingBack(0.3f, 200)).Run(StopAtAWorseEpoch, _ => { }, () => { });
        int best = seen.IndexOf(seen.MinBy(entry => entry.Loss));

        Assert.IsLessThan(seen.Count - 1, best, "the test needs a worse epoch");
        Assert.AreEqual(best + 1, result.BestEpoch);
        Assert.IsTrue(result.BestWeightsRestored);
        Assert.AreEqual(seen[best].First, network.Parameters[0].Values[0]);

        void StopAtAWorseEpoch(TrainingMetrics metrics)
        {
            seen.Add((metrics.ValidationLoss!.Value, network.Parameters[0].Values[0]));
            if (seen.Any(entry => entry.Loss < metrics.ValidationLoss))
            {
                metrics.RequestStop();
            }
        }
    }

    [TestMethod]
    public void Run_RangeProbeInterval_MeasuresThoseStepsAndTheLastOfEveryEpoch()
    {
        // Four steps an epoch: 0 and 3 are measured whatever the interval, 2 only with an interval of 2, 1 only with 1.
        ValueRange ends = Range(interval: 1000, epochs: 1);

        Assert.AreEqual(ends.Zeros, Range(interval: 3, epochs: 1).Zeros);
        Assert.AreNotEqual(ends.Zeros, Range(interval: 2, epochs: 1).Zeros);
        Assert.AreNotEqual(Range(interval: 2, epochs: 1).Zeros, Range(interval: 1, epochs: 1).Zeros);
        Assert.IsGreaterThan(1.5f * ends.Largest, Range(interval: 1000, epochs: 9).Largest, "values grow over the epochs");
    }

    /// <summary>A row of 64 where all others are within ±2 shows whether its step, of four, was measured: the first one and the last one
    /// are.</summary>
    [TestMethod]
    [DataRow(0, true)]
    [DataRow(1, false)]
    [DataRow(2, false)]
    [DataRow(3, true)]
    public void Run_RangeProbesOfALongInterval_MeasureTheFirstStepAndTheLast(int step, bool isMeasured)
    {
        using var device = new CpuDevice(2);
        int[] order = new int[256];
        new RowOrder(256, [], 0).Fill(1, order);
        using var store = new RowStore(device, NumericFormat.Float32, 8, hasWeights: false);
        for (int row = 0; row < 256; row++)
        {
            store.Append([.. Enumerable.Repeat(row == order[step * 64] ? 64f : 0.5f, 8)], row % 4, 1f);
        }

        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.Float32,
            LearningRate = 1e-6f,
            BatchSize = 64,
            Epochs = 1,
            RangeProbeInterval = 1000,
        };
        TrainingResult result = Run(device, store, Examples.Network(8, [16], 4), options);

        Assert.AreEqual(isMeasured, result.Ranges.Max(range => range.Largest) >= 64);
    }

    private static ValueRange Range(int interval, int epochs)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 256, 8, 4);
        TrainingResult result = Run(
            device,
            store,
            Examples.Network(8, [16], 4),
            new TrainingOptions
            {
                Precision = PrecisionPolicy.Float32,
                LearningRate = 0.05f,
                BatchSize = 64,
                Epochs = epochs,
                RangeProbeInterval = interval,
            });
        return result.Ranges.Single(range => range.Name == "hidden.0.activation");
    }

    private static RowStore NaNs(CpuDevice device)
    {
        var store = new RowStore(device, NumericFormat.Float16, 2, hasWeights: false);
        for (int i = 0; i < 4; i++)
        {
            store.Append([float.NaN, 1f], i % 2, 1f);
        }

        return store;
    }

    private static TrainingResult Run(CpuDevice device, RowStore store, Network network, TrainingOptions options)
        => LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });
}
