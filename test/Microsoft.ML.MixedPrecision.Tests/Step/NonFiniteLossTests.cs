using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Values that are not finite while every stored gradient is: only the check of logits, loss or norm can see them.</summary>
/// <remarks>A linear model of one feature and two classes in Float32; parameters are the weight (2, 1) and the bias (1, 2).</remarks>
[TestClass]
public sealed unsafe class NonFiniteLossTests
{
    [TestMethod]
    public void Commit_LogitOfAnotherClassMinusInfinity_IsSkipped()
    {
        // e^(−∞) = 0: the loss is 0 and so is the gradient.
        using Setup setup = new(bias: [float.NegativeInfinity, 0f]);
        setup.Step([0]);

        Assert.AreEqual(NonFinite.Logits, setup.Plan.State.FirstNonFinite);
        Assert.IsTrue(setup.IsUnchanged());
    }

    [TestMethod]
    public void Commit_LogitMinusInfinityInTheFirstMicroBatch_IsSkipped()
    {
        // Row 1 has x = 2, whose logit −3e38 · 2 is −∞; row 0 has x = 0.
        using Setup setup = new(weight: -3e38f);
        setup.Plan.Accumulate(setup.Store, [1], 2, first: true);
        setup.Plan.Accumulate(setup.Store, [0], 2, first: false);
        setup.Plan.Commit(0.1f);

        Assert.AreEqual(NonFinite.Logits, setup.Plan.State.FirstNonFinite);
        Assert.IsTrue(setup.IsUnchanged());
    }

    [TestMethod]
    public void Commit_LossInfinite_IsSkipped()
    {
        // The label's logit is 6e38 under the largest, which Float32 does not hold; the gradient is (1, −1).
        using Setup setup = new(bias: [3e38f, -3e38f]);
        setup.Step([0]);

        Assert.AreEqual(NonFinite.Loss, setup.Plan.State.FirstNonFinite);
        Assert.IsTrue(setup.IsUnchanged());
    }

    [TestMethod]
    [DataRow(-100, 40)] // the true gradient is 2^140
    [DataRow(-140, -140)] // 1 ÷ scale is 2^140
    public void Commit_UnscaledGradientBeyondFloat32_IsSkipped(int scaleExponent, int gradientExponent)
    {
        using Setup setup = new();
        setup.Plan.Accumulate(setup.Store, [0], 1, first: true);
        foreach (ParameterSlot slot in setup.Plan.Parameters.Slots)
        {
            new Span<float>(setup.Plan.Parameters.Gradient(slot), (int)slot.Elements).Clear();
        }

        setup.Plan.Parameters.Gradient(setup.Plan.Parameters.Slots[0])[0] = MathF.ScaleB(1f, gradientExponent);
        setup.Plan.Scale.Scale = MathF.ScaleB(1f, scaleExponent);
        setup.Plan.Commit(0.1f);

        Assert.AreEqual(NonFinite.Norm, setup.Plan.State.FirstNonFinite);
        Assert.IsTrue(setup.IsUnchanged());
    }

    /// <summary>
    /// AdamW squares in Float32, whose largest number is just below 2¹²⁸: with a gradient of 2⁶⁴ its second moment would be infinite for
    /// good. Below, or clipped, or with
    /// SGD, the step is committed and moves the weight.
    /// </summary>
    [TestMethod]
    [DataRow(63, null, null, OptimizerKind.AdamW, true)]
    [DataRow(64, null, null, OptimizerKind.AdamW, false)]
    [DataRow(64, null, null, OptimizerKind.Sgd, true)]
    [DataRow(64, 1f, null, OptimizerKind.AdamW, true)]
    [DataRow(64, null, 1f, OptimizerKind.AdamW, true)]
    public void Commit_GradientWhoseSquareIsBeyondFloat32_IsSkippedWhereItIsSquared(
        int exponent,
        float? clipNorm,
        float? clipValue,
        OptimizerKind optimizer,
        bool commits)
    {
        using Setup setup = new(
            change: settings => settings with
            {
                ClipNorm = clipNorm,
                ClipValue = clipValue,
                Optimizer = settings.Optimizer with { Kind = optimizer },
            });
        setup.Plan.Accumulate(setup.Store, [0], 1, first: true);
        ParameterSlot weight = setup.Plan.Parameters.Slots[0];
        foreach (ParameterSlot slot in setup.Plan.Parameters.Slots)
        {
            new Span<float>(setup.Plan.Parameters.Gradient(slot), (int)slot.Elements).Clear();
        }

        setup.Plan.Parameters.Gradient(weight)[0] = MathF.ScaleB(1f, exponent);
        setup.Plan.Commit(0.1f);

        Assert.AreEqual(commits ? NonFinite.None : NonFinite.Norm, setup.Plan.State.FirstNonFinite);
        Assert.AreEqual(commits, setup.Plan.Parameters.Master(weight)[0] < -0.09f, "the weight was moved against its gradient");
        Assert.IsTrue(optimizer == OptimizerKind.Sgd || float.IsFinite(setup.Plan.Parameters.Second(weight)[0]));
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_bfloat16")]
    public void Commit_GoodStepAfterANonFiniteOne_IsCommitted(string policyName)
    {
        // Three logits take the room of four; what the bad step left in the fourth must not count.
        using var device = new CpuDevice(2);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        foreach (int hidden in new[] { 1, 4, 9, 16, 40 })
        {
            using ExampleStore store = Examples.Clusters(device, policy.ComputeFormat, 32, 7, 3);
            for (int i = 0; i < 32; i++)
            {
                store.Append([.. Enumerable.Repeat(float.NaN, 7)], 0, 1f);
            }

            var settings = new PlanSettings(policy, LossScaleRule.None, Examples.AdamW, 32);
            using var plan = new TrainingPlan(Examples.Network(7, [hidden, hidden], 3), settings, device);
            plan.Accumulate(store, [.. Enumerable.Range(32, 32)], 32, first: true);
            plan.Commit(1e-3f);
            plan.Accumulate(store, Examples.Rows(32), 32, first: true);
            plan.Commit(1e-3f);

            Assert.AreEqual(1, plan.State.Skips, $"{hidden} hidden units");
            Assert.AreEqual(1, plan.State.Step);
        }
    }

    /// <summary>Two rows, x = 0 and x = 2, of class 1.</summary>
    private sealed class Setup : IDisposable
    {
        private readonly CpuDevice _device = new(1);
        private readonly PlanSnapshot _before;

        public Setup(float weight = 0f, float[]? bias = null, Func<PlanSettings, PlanSettings>? change = null)
        {
            Store = new ExampleStore(_device, NumericFormat.Float32, 1, hasWeights: false);
            Store.Append([0f], 1, 1f);
            Store.Append([2f], 1, 1f);
            var network = new Network(new Perceptron(1, [], ActivationKind.None, 2).ToSpec());
            network.Parameters[0].Values[0] = weight;
            bias?.CopyTo(network.Parameters[1].Values, 0);
            var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaleRule.None, Examples.AdamW, 2);
            Plan = new TrainingPlan(network, change?.Invoke(settings) ?? settings, _device);
            _before = new PlanSnapshot(Plan);
        }

        public ExampleStore Store { get; }

        public TrainingPlan Plan { get; }

        public void Step(int[] rows)
        {
            Plan.Accumulate(Store, rows, rows.Length, first: true);
            Plan.Commit(0.1f);
        }

        public bool IsUnchanged() => _before.SameAs(new PlanSnapshot(Plan)) && Plan.State.Skips == 1;

        public void Dispose()
        {
            Plan.Dispose();
            Store.Dispose();
            _device.Dispose();
        }
    }
}
