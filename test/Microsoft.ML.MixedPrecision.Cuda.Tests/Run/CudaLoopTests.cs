using Microsoft.ML.MixedPrecision.Cuda.Tests.Step;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Run;

/// <summary>Whole runs on a card.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaLoopTests : CudaTrainingTest
{
    public static IEnumerable<object[]> PolicyNames => Policies.Select(policy => new object[] { policy });

    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void Run_Digits_ReachesTheCpusAccuracy(string policyName)
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        var data = new DigitsData();
        double onCpu = Accuracy(data, policy, Cpu), onCard = Accuracy(data, policy, Device);

        Assert.IsGreaterThanOrEqualTo(0.96, onCard);

        // Two runs that differ by rounding differ by a few of the 360 test rows.
        Assert.AreEqual(onCpu, onCard, 0.015);
    }

    [TestMethod]
    public void Run_WithValidationRangesAndStop_MeasuresAsTheCpu()
    {
        using RowStore train = Examples.Clusters(Cpu, NumericFormat.Float16, 500, 20, 6, weights: true);
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.MixedFloat16,
            Epochs = 4,
            BatchSize = 64,
            RangeProbeInterval = 3,
            LossScaling = LossScaling.Measured(),
            EarlyStoppingPatience = 3,
        };
        TrainingResult expected = Run(train, options, Cpu, heldBack: 0.2f), actual = Run(train, options, Device, heldBack: 0.2f);

        Assert.HasCount(expected.History.Count, actual.History);
        for (int epoch = 0; epoch < expected.History.Count; epoch++)
        {
            Tolerance.AssertClose(
                expected.History[epoch].ValidationLoss!.Value,
                actual.History[epoch].ValidationLoss!.Value,
                0,
                0.02,
                $"validation loss of epoch {epoch}");
            Assert.AreEqual(expected.History[epoch].ValidationAccuracy!.Value, actual.History[epoch].ValidationAccuracy!.Value, 0.031);
        }

        Assert.AreEqual(expected.FinalLossScale, actual.FinalLossScale);
        Assert.HasCount(expected.Ranges.Count, actual.Ranges);
        foreach ((ValueRange wanted, ValueRange got) in expected.Ranges.Zip(actual.Ranges))
        {
            Assert.AreEqual(wanted.Name, got.Name);
            Tolerance.AssertClose(wanted.Largest, got.Largest, 0, 0.05, got.Name);
            Tolerance.AssertClose(wanted.Zeros, got.Zeros, 0.02, 0, got.Name);
        }
    }

    /// <summary>Two classes under starting weights: rows near 0 give gradients of ½ ÷ rows, large ones that are misjudged of 1 ÷ rows, so
    /// that a probe of misread rows finds another scale.</summary>
    [TestMethod]
    public void Run_MeasuredScale_IsThatOfTheRows()
    {
        var options = new TrainingOptions
        {
            Precision = PrecisionPolicy.MixedFloat16,
            Epochs = 1,
            BatchSize = 64,
            LossScaling = LossScaling.Measured(),
            LearningRate = 1e-6f,
        };
        using RowStore large = Scaled(30), small = Scaled(1f / 64);
        float expected = Run(large, options, Cpu, 2).FinalLossScale;

        Assert.AreEqual(expected, Run(large, options, Device, 2).FinalLossScale);
        Assert.AreNotEqual(expected, Run(small, options, Cpu, 2).FinalLossScale);
        Assert.AreEqual(Run(small, options, Cpu, 2).FinalLossScale, Run(small, options, Device, 2).FinalLossScale);
    }

    [TestMethod]
    public void Run_Cancelled_GivesTheMemoryBack()
    {
        using RowStore train = Examples.Clusters(Cpu, NumericFormat.BFloat16, 500, 20, 6);
        var options = new TrainingOptions { Precision = PrecisionPolicy.MixedBFloat16, Epochs = 4, BatchSize = 64 };
        Run(train, options, Device);
        (long before, _) = Device.Context.ReadMemory();
        int steps = 0;

        Assert.ThrowsExactly<OperationCanceledException>(() => LoopRuns.Of(Examples.Network(20, [32], 6), options, Device, train, null)
            .Run(null, _ => { }, () => { if (++steps == 10) { throw new OperationCanceledException(); } }));

        Assert.AreEqual(before, Device.Context.ReadMemory().Free);
    }

    private static TrainingResult Run(RowStore train, TrainingOptions options, Device device, int classes = 6, float heldBack = 0)
        => LoopRuns.Of(
            Examples.Network(20, [32], classes),
            options,
            device,
            train,
            null,
            Examples.HoldingBack(heldBack, train.Rows)).Run(null, _ => { }, () => { });

    private RowStore Scaled(float factor)
    {
        var random = new Random(2);
        var store = new RowStore(Cpu, NumericFormat.Float16, 20, hasWeights: false);
        for (int i = 0; i < 128; i++)
        {
            store.Append([.. Enumerable.Range(0, 20).Select(_ => factor * ((float)random.NextDouble() - 0.5f))], i % 2, 1f);
        }

        return store;
    }

    private double Accuracy(DigitsData data, PrecisionPolicy policy, Device device)
    {
        using RowStore train = data.Store(Cpu, policy.ComputeFormat, 0, test: false);
        using RowStore test = data.Store(Cpu, NumericFormat.Float32, 0, test: true);
        Network network = Examples.Network(64, [256, 128], 10);
        LoopRuns.Of(network, new TrainingOptions { Precision = policy }, device, train, null).Run(null, _ => { }, () => { });
        return new Validation(test, Examples.Rows(test.Rows), device, new CrossEntropyLoss()).Run(network).Accuracy!.Value;
    }
}
