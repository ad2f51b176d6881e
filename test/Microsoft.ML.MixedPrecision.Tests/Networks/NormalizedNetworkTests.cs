using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Tests.Networks;

/// <summary>What a network with layer normalisation is made of, and how training treats its scales and shifts.</summary>
[TestClass]
public sealed unsafe class NormalizedNetworkTests
{
    [TestMethod]
    public void Initialize_LayerNorm_StartsAtOneAndZeroAndLeavesTheWeightsAsTheyWere()
    {
        Network plain = Examples.Network(5, [7, 3], 2);
        Network network = Examples.Network(5, [7, 3], 2, normalization: NormalizationKind.LayerNorm);

        CollectionAssert.AreEqual(
            new[]
            {
                "hidden.0.weight",
                "hidden.0.bias",
                "hidden.0.norm.weight",
                "hidden.0.norm.bias",
                "hidden.1.weight",
                "hidden.1.bias",
                "hidden.1.norm.weight",
                "hidden.1.norm.bias",
                "output.weight",
                "output.bias",
            },
            network.Parameters.Select(parameter => parameter.Name).ToArray());
        Assert.IsTrue(network.Parameters[2].Values.All(value => value == 1) && network.Parameters[2].Values.Length == 7);
        Assert.IsTrue(network.Parameters[7].Values.All(value => value == 0) && network.Parameters[7].Values.Length == 3);
        Assert.AreEqual(
            "5 numbers, Linear 7, LayerNorm, Relu, Linear 3, LayerNorm, Relu, Linear 2",
            network.Spec.ToString());
        foreach (Parameter parameter in plain.Parameters)
        {
            CollectionAssert.AreEqual(
                parameter.Values,
                network.Parameters.Single(other => other.Name == parameter.Name).Values,
                parameter.Name);
        }
    }

    [TestMethod]
    [DataRow(1e-30f, DisplayName = "scores of almost nothing")]
    [DataRow(1e4f, DisplayName = "large scores")]
    public void Initialize_OfAnyWeights_IsNormalisedBehindTheFirstProduct(float size)
    {
        // Scaling the weights changes nothing behind a normalisation, as long as the variance is well above ε.
        using var device = new CpuDevice(1);
        Network network = Examples.Network(5, [64], 2, normalization: NormalizationKind.LayerNorm);
        double small = LossOf(network, device);
        foreach (ref float value in network.Parameters[0].Values.AsSpan())
        {
            value *= size;
        }

        if (size > 1)
        {
            Assert.AreEqual(small, LossOf(network, device), 1e-4);
        }
        else
        {
            Assert.AreEqual(Math.Log(2), LossOf(network, device), 1e-6, "x̂ = 0, and so are the logits");
        }
    }

    [TestMethod]
    public void Commit_WithoutGradient_DecaysWeightsButNoScale()
    {
        using var device = new CpuDevice(2);
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float16, 8, 5, 2, weight: 0f);
        LossScaleRule rule = LossScaling.Static(1).Resolve(PrecisionPolicy.MixedFloat16);
        Network network = Examples.Network(5, [7], 2, normalization: NormalizationKind.LayerNorm);
        using var plan = new TrainingPlan(network, new PlanSettings(PrecisionPolicy.MixedFloat16, rule, Examples.AdamW, 8), device);
        plan.Accumulate(store, Examples.Rows(8), 8, first: true);
        plan.Commit(0.5f);

        ParameterSlot scale = plan.Parameters.Slots.Single(slot => slot.Parameter.Name == "hidden.0.norm.weight");
        ParameterSlot weight = plan.Parameters.Slots.Single(slot => slot.Parameter.Name == "hidden.0.weight");
        Assert.AreEqual(1f, plan.Parameters.Master(scale)[0]);
        Assert.AreEqual(weight.Parameter.Values[0] * (1 - (0.5f * 1e-2f)), plan.Parameters.Master(weight)[0], 1e-6f);
        Assert.IsFalse(scale.HasShadow, "read in Float32");
        Assert.IsTrue(weight.HasShadow);
    }

    [TestMethod]
    public void Accumulate_InTwoMicroBatches_AddsTheGradients()
    {
        using var device = new CpuDevice(2);
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float32, 24, 5, 3);
        var settings = new PlanSettings(PrecisionPolicy.Float32, LossScaling.None.Resolve(PrecisionPolicy.Float32), Examples.AdamW, 24);
        Network network = Examples.Network(5, [9], 3, ActivationKind.Gelu, normalization: NormalizationKind.LayerNorm);
        using var whole = new TrainingPlan(network, settings, device);
        using var halves = new TrainingPlan(network, settings, device);
        whole.Accumulate(store, Examples.Rows(24), 24, first: true);
        halves.Accumulate(store, Examples.Rows(24).AsSpan(0, 12), 24, first: true);
        halves.Accumulate(store, Examples.Rows(24).AsSpan(12), 24, first: false);

        for (int i = 0; i < whole.Parameters.Slots.Length; i++)
        {
            for (long j = 0; j < whole.Parameters.Slots[i].Elements; j++)
            {
                Assert.AreEqual(
                    whole.Parameters.Gradient(whole.Parameters.Slots[i])[j],
                    halves.Parameters.Gradient(halves.Parameters.Slots[i])[j],
                    1e-6f,
                    whole.Parameters.Slots[i].Parameter.Name);
            }
        }
    }

    private static double LossOf(Network network, CpuDevice device)
    {
        using ExampleStore store = Examples.Clusters(device, NumericFormat.Float32, 8, 5, 2);
        using var plan = new TrainingPlan(
            network,
            new PlanSettings(PrecisionPolicy.Float32, LossScaling.None.Resolve(PrecisionPolicy.Float32), Examples.AdamW, 8),
            device);
        plan.Accumulate(store, Examples.Rows(8), 8, first: true);
        return plan.State.Loss;
    }
}
