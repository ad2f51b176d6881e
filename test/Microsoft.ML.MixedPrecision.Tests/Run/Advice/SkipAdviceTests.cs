using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>What a run says of its skipped steps: what was not finite, how often, and advice that fits the cause, which is known
/// here.</summary>
[TestClass]
public sealed class SkipAdviceTests
{
    private const int Rows = 64;

    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_bfloat16")]
    public void Run_LearningRateFarTooLarge_SaysThatItDivergedAndNothingOfLossScales(string policy)
    {
        TrainingResult result = Train(
            new TrainingOptions { Precision = PrecisionPolicy.Parse(policy), LearningRate = 1e30f, BatchSize = 8, Epochs = 6 });

        Assert.AreEqual(1, result.Steps);
        string first = result.Warnings[0], last = result.Warnings[^1];
        StringAssert.StartsWith(first, "10 steps in a row were skipped, since the network's outputs were not finite: nothing is learned.");
        StringAssert.StartsWith(last, $"Every step of the last epoch was skipped, {result.Skipped} of {result.Attempts} in all, since "
            + $"the network's outputs were not finite");
        StringAssert.Contains(first, "The training diverged after 1 step: lower LearningRate (1E+30)");
        StringAssert.EndsWith(last, "the model may not score.", "the same advice is not given twice");
        foreach (string line in result.Warnings)
        {
            Assert.DoesNotContain("loss scale", line);
            Assert.DoesNotContain("BFloat16", line);
        }
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_float16")]
    public void Run_WeightDecayFarTooLarge_NamesItAndNotTheLearningRate(string policy)
    {
        TrainingResult result = Train(
            new TrainingOptions { Precision = PrecisionPolicy.Parse(policy), WeightDecay = 1e30f, BatchSize = 8, Epochs = 6 });

        Assert.IsGreaterThan(0, result.Skipped);
        StringAssert.Contains(result.Warnings[0], "WeightDecay 1E+30 times LearningRate 0.001 is 1E+27");
        foreach (string line in result.Warnings)
        {
            Assert.DoesNotContain("lower LearningRate", line);
        }
    }

    [TestMethod]
    public void Run_HugeExampleWeights_NamesThemAndNotTheLearningRate()
    {
        TrainingResult result = Train(
            new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, BatchSize = 8, Epochs = 5 },
            weight: 1e38f);

        Assert.AreEqual(0, result.Steps);
        StringAssert.StartsWith(result.Warnings[^1], $"All {result.Skipped} steps were skipped, since the gradient of 'output.bias' "
            + $"was not finite");
        StringAssert.Contains(result.Warnings[0], "The largest example weight, its class's weight multiplied in, is 1E+38 in row 0");
        foreach (string line in result.Warnings)
        {
            Assert.DoesNotContain("LearningRate", line);
            Assert.DoesNotContain("ormalise the features", line);
        }
    }

    /// <summary>Gradients of about 1e25, which Float32 holds and whose squares it does not: AdamW cannot keep them, SGD moves by
    /// them.</summary>
    [TestMethod]
    public void Run_WeightsWhoseGradientsCannotBeSquared_NamesThemUnderAdamW()
    {
        TrainingOptions options = new() { Precision = PrecisionPolicy.Float32, BatchSize = 8, Epochs = 2 };
        TrainingResult result = Train(options, weight: 1e25f), free = Train(
            options with { Optimizer = OptimizerKind.Sgd, LearningRate = 1e-26f },
            weight: 1e25f);

        Assert.AreEqual(0, result.Steps);
        StringAssert.StartsWith(result.Warnings[^1], $"All {result.Skipped} steps were skipped, since the norm of the gradient was "
            + $"larger than can be applied");
        StringAssert.Contains(result.Warnings[0], "The largest example weight, its class's weight multiplied in, is 1E+25 in row 0");
        Assert.AreEqual(0, free.Skipped);
        Assert.IsLessThan(free.History[0].Loss, free.History[^1].Loss);
    }

    [TestMethod]
    public void Run_HugeFixedLossScale_NamesItAndTheDynamicOne()
    {
        TrainingResult result = Train(
            new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Static(1e38f),
                BatchSize = 8,
                Epochs = 2,
            });

        Assert.AreEqual(0, result.Steps);
        StringAssert.StartsWith(result.Warnings[0], "10 steps in a row were skipped at the fixed loss scale (1E+38), since the "
            + "gradient of 'output.bias' was not finite");
        StringAssert.Contains(result.Warnings[0], "The fixed loss scale of 1E+38 multiplies every gradient");
        StringAssert.Contains(result.Warnings[0], "LossScaling.Dynamic()");
        foreach (string line in result.Warnings)
        {
            Assert.DoesNotContain("LearningRate", line);
        }
    }

    /// <summary>2¹⁴ makes gradients of 65504/2¹⁴ ≈ 4 overflow: those of rows that weigh 1000, one of 64, while all others pass.</summary>
    [TestMethod]
    public void Run_FixedLossScaleTooLargeForSomeRows_TellsOfEachLostStep()
    {
        TrainingResult result = Train(
            new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Static(16384),
                BatchSize = 8,
                Epochs = 3,
            },
            weights: true,
            change: store => store.Append([0.5f, 0.5f, -0.5f], 0, 1000));

        Assert.IsGreaterThan(0, result.Skipped);
        Assert.IsGreaterThan(result.Skipped, result.Steps);
        StringAssert.StartsWith(result.Warnings.Single(), $"{result.Skipped} of {result.Attempts} steps were skipped, since the "
            + $"gradient of 'output.bias' was not finite");
        StringAssert.Contains(result.Warnings.Single(), "The fixed loss scale of 16384");
    }

    [TestMethod]
    public void Run_OneExtremeFeature_NamesRowSlotAndValue()
    {
        TrainingResult result = Train(
            new TrainingOptions { Precision = PrecisionPolicy.Float32, BatchSize = 8, Epochs = 2 },
            change: store => store.Append([0, 3.4e38f, 0], 1, 1));

        Assert.AreEqual(2, result.Skipped, "the step with that row, in each epoch");
        string line = result.Warnings.Single(warning => warning.Contains("were skipped", StringComparison.Ordinal));
        StringAssert.StartsWith(line, $"2 of {result.Attempts} steps were skipped, since ");
        StringAssert.Contains(line, "may score NaN or infinity");
        StringAssert.Contains(line, $"The largest feature is 3.4E+38 in row {Rows} (counted from 0, rows without a label left out), "
            + $"slot 1: normalise the features");
    }

    [TestMethod]
    public void Run_HugeLabels_NamesThem()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false, targetWords: 2);
        for (int i = 0; i < 16; i++)
        {
            store.Append([i / 16f], [i, i == 5 ? -1e30f : 1], 1);
        }

        var options = new TrainingOptions { Precision = PrecisionPolicy.Float32, Loss = new SquaredErrorLoss(), BatchSize = 4, Epochs = 1 };
        TrainingResult result = LoopRuns.Of(Examples.Network(1, [3], 2), options, device, store, null).Run(null, _ => { }, () => { });

        Assert.AreEqual(1, result.Skipped);
        StringAssert.StartsWith(result.Warnings.Single(), "1 of 4 steps were skipped, since the loss was not finite");
        StringAssert.Contains(result.Warnings.Single(), "The largest label, as the network learns it, is -1E+30 in row 5");
    }

    /// <summary>An overflow that lowers a dynamic scale is part of its search.</summary>
    [TestMethod]
    public void Run_DynamicScaleThatFindsItsPlace_SaysNothing()
    {
        TrainingResult result = Train(
            new TrainingOptions
            {
                Precision = PrecisionPolicy.MixedFloat16,
                LossScaling = LossScaling.Dynamic(initialScale: 1 << 24),
                BatchSize = 8,
                Epochs = 3,
            });

        Assert.IsGreaterThan(0, result.Skipped);
        Assert.IsEmpty(result.Warnings);
    }

    private static TrainingResult Train(
        TrainingOptions options,
        float? weight = null,
        bool weights = false,
        Action<RowStore>? change = null)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, options.Precision.ComputeFormat, Rows, 3, 4, weights, weight);
        change?.Invoke(store);
        return LoopRuns.Of(Examples.Network(3, [16], 4), options, device, store, null).Run(null, _ => { }, () => { });
    }
}
