using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Run.Advice;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run.Advice;

/// <summary>Float16 gradients that get lost under too small a scale are told; healthy runs of every format are silent.</summary>
[TestClass]
public sealed class LostGradientTests
{
    private const int Rows = 1024;
    private const int Classes = 4;

    public static IEnumerable<object[]> Healthy
        => from policy in new[] { "float32", "tensorfloat32", "mixed_bfloat16", "mixed_float16" }
           from activation in new[] { ActivationKind.Relu, ActivationKind.Gelu, ActivationKind.Tanh, ActivationKind.Sigmoid }
           from epochs in new[] { 1, 60 }
           select new object[] { policy, activation, epochs };

    /// <summary>
    /// Rows that weigh 1e-5 in batches of 256: an element of the loss's gradient is at most 4e-8, which Float16 keeps as 6e-8 or 0, and 0
    /// throughout where the weight is 1e-6. AdamW
    /// divides by the gradient's size, so that Float32 learns all the same.
    /// </summary>
    [TestMethod]
    [DataRow(1e-5f)]
    [DataRow(1e-6f)]
    public void Run_LightRowsUnderAScaleOf1_SaysWhatGetsLost(float weight)
    {
        (double learned, _) = Run("float32", LossScaling.None, weight);
        (double lost, string[] lines) = Run("mixed_float16", LossScaling.Static(1), weight);
        (double scaled, string[] silent) = Run("mixed_float16", LossScaling.Auto, weight);

        Assert.IsGreaterThan(lost + 0.05, learned, "Float16 must lose something");
        Assert.AreEqual(learned, scaled, 0.05);
        string line = lines.Single();
        StringAssert.StartsWith(line, "Under the loss scale of 1 the gradient in Float16 is off by ");
        StringAssert.Contains(line, " of its size, compared with Float32 on a batch: of '");
        StringAssert.Contains(line, "Use LossScaling.Auto, which looks for a scale");
        Assert.IsEmpty(silent);
        Assert.IsEmpty(Run("mixed_bfloat16", LossScaling.Auto, weight).Lines);
    }

    /// <summary>A scale between: 256 leaves weights of 1e-5 nothing to fear, and those of 1e-8 as little as 1 leaves 4e-11.</summary>
    [TestMethod]
    [DataRow(1e-5f, 256f, false)]
    [DataRow(1e-8f, 256f, true)]
    [DataRow(1f, 1f, false)]
    public void Run_FixedScale_SaysItWhereItIsTooSmall(float weight, float scale, bool said)
        => Assert.HasCount(said ? 1 : 0, Run("mixed_float16", LossScaling.Static(scale), weight).Lines);

    [TestMethod]
    [DynamicData(nameof(Healthy))]
    public void Run_Healthy_SaysNothing(string policy, ActivationKind activation, int epochs)
        => Assert.IsEmpty(Run(policy, LossScaling.Auto, 1, activation, epochs, dropout: 0.5f).Lines);

    [TestMethod]
    [DataRow("x.gradient", NumericFormat.Float16, 0.51, 0, true)]
    [DataRow("x.gradient", NumericFormat.Float16, 0.5, 0.99, false)]
    [DataRow("x.gradient", NumericFormat.Float16, 0, 0.995, true)]
    [DataRow("x", NumericFormat.Float16, 1, 1, false)]
    [DataRow("x.gradient", NumericFormat.BFloat16, 1, 1, false)]
    public void IsSuspicious_OfARange_IsMostOfItBelowNormal(
        string name,
        NumericFormat format,
        double belowNormal,
        double zeros,
        bool expected)
        => Assert.AreEqual(
            expected,
            LostGradient.IsSuspicious(new ValueRange { Name = name, Format = format, BelowNormal = belowNormal, Zeros = zeros }));

    /// <summary>
    /// Under a scale of 8 the first epoch's gradient is large enough and that of the twelfth, of rows that are learned by then, is not.
    /// A run that ends there says so, whether it was to end there or is stopped.
    /// </summary>
    [TestMethod]
    public void Run_StoppedEarly_SaysWhatARunOfThatLengthSays()
    {
        string[] whole = Run("mixed_float16", LossScaling.Static(8), 1e-5f, epochs: 12).Lines;

        Assert.IsEmpty(Run("mixed_float16", LossScaling.Static(8), 1e-5f, epochs: 1).Lines,
            "a scale is needed that is enough for the first epoch");
        Assert.HasCount(1, whole);
        CollectionAssert.AreEqual(whole, Run("mixed_float16", LossScaling.Static(8), 1e-5f, epochs: 60, stopAfter: 12).Lines);
    }

    /// <summary>A step of four batches divides by the rows of all: what one batch's gradient stands, a quarter of it does not.</summary>
    [TestMethod]
    [DataRow(1, 0)]
    [DataRow(4, 1)]
    public void Run_StepOfSeveralBatches_IsTriedAsSuch(int accumulation, int said)
        => Assert.HasCount(said, Run("mixed_float16", LossScaling.Static(1), 5e-5f, epochs: 1, accumulation: accumulation).Lines);

    private static (double Accuracy, string[] Lines) Run(
        string policyName,
        LossScaling scaling,
        float weight,
        ActivationKind activation = ActivationKind.Relu,
        int epochs = 12,
        float dropout = 0,
        int stopAfter = int.MaxValue,
        int accumulation = 1)
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        var lines = new List<string>();
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, 8, Classes, weight: weight);
        Network network = Examples.Network(8, [16, 16], Classes, activation, dropout: dropout);
        var options = new TrainingOptions
        {
            Precision = policy,
            LossScaling = scaling,
            LearningRate = 0.01f,
            Epochs = epochs,
            GradientAccumulationSteps = accumulation,
            RangeProbeInterval = 2,
        };
        LoopRuns.Of(network, options, device, store, null).Run(
            metrics =>
            {
                if (metrics.Epoch == stopAfter)
                {
                    metrics.RequestStop();
                }
            },
            lines.Add,
            () => { });
        return (new Validation(store, Examples.Rows(Rows), device, new CrossEntropyLoss()).Run(network).Accuracy!.Value, [.. lines]);
    }
}
