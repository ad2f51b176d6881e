using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>
/// Where a plan rounds to 16 bits, and that it does so once: for each point an input whose result would be another one if the rounding were
/// left out or done twice. Expected values are worked out by hand from System.Half, which rounds to nearest even.
/// </summary>
[TestClass]
public sealed unsafe class RoundingPointTests
{
    private const float Half11Bits = 1f + (1f / 1024);

    [TestMethod]
    public void Features_BetweenTwoHalves_AreStoredRounded()
    {
        // 1 + 2^-11 lies half-way between two FP16 values and goes to the even one, 1.
        float logit = FirstLogit([1f + (1f / 2048)], weight: 1f, bias: 0f, hidden: false);

        Assert.AreEqual(1f, logit);
    }

    [TestMethod]
    public void Features_OfAFloat32FirstLayer_AreNotRounded()
    {
        PrecisionPolicy policy = PrecisionPolicy.MixedFloat16.WithLayer("output", NumericFormat.Float32);
        float logit = FirstLogit([1f + (1f / 2048)], weight: 1f, bias: 0f, hidden: false, policy);

        Assert.AreEqual(1f + (1f / 2048), logit);
    }

    [TestMethod]
    public void Weights_BetweenTwoHalves_AreReadAsRoundedShadows()
    {
        float logit = FirstLogit([1f], weight: 1f + (3f / 2048), bias: 0f, hidden: false);

        Assert.AreEqual(1f + (1f / 512), logit);
    }

    [TestMethod]
    public void Bias_BetweenTwoHalves_IsReadAsRoundedShadow()
    {
        float logit = FirstLogit([0f], weight: 1f, bias: 1f + (1f / 2048), hidden: false);

        Assert.AreEqual(1f, logit);
    }

    [TestMethod]
    public void Logits_MoreThan11Bits_AreStoredInFloat32()
    {
        float logit = FirstLogit([Half11Bits], weight: Half11Bits, bias: 0f, hidden: false);

        Assert.AreEqual(Half11Bits * Half11Bits, logit);
        Assert.AreNotEqual((float)(Half)logit, logit);
    }

    [TestMethod]
    public void Hidden_ProductPlusBias_IsRoundedOnce()
    {
        // x·w = 1 + 2^-9 + 2^-20 exactly; with the bias 2^-11 the sum is just above the middle 1 + 2^-9 + 2^-11 of two FP16 values and
        // rounds
        // up. Were the product rounded first, 2^-20 would be gone, the sum exactly in the middle, and the even neighbour below the result.
        float logit = FirstLogit([Half11Bits], weight: Half11Bits, bias: 1f / 2048, hidden: true);
        float exact = (Half11Bits * Half11Bits) + (1f / 2048);
        float once = (float)(Half)exact;
        float twice = (float)(Half)((float)(Half)(Half11Bits * Half11Bits) + (1f / 2048));

        Assert.AreNotEqual(once, twice);
        Assert.AreNotEqual(once, exact);
        Assert.AreEqual(once, logit);
    }

    [TestMethod]
    public void Shadows_AfterAStep_AreTheRoundedMasters()
    {
        using var device = new CpuDevice(2);
        foreach ((PrecisionPolicy policy, Func<float, ushort> toBits) in new (PrecisionPolicy, Func<float, ushort>)[]
        {
            (PrecisionPolicy.MixedFloat16, value => BitConverter.HalfToUInt16Bits((Half)value)),
            (PrecisionPolicy.MixedBFloat16, value => ToBFloat16(value)),
        })
        {
            using ExampleStore store = Examples.Clusters(device, policy.ComputeFormat, 32, 7, 3);
            LossScaleRule rule = LossScaling.Static(64).Resolve(PrecisionPolicy.MixedFloat16);
            using var plan = new TrainingPlan(Examples.Network(7, [9], 3), new PlanSettings(policy, rule, Examples.AdamW, 32), device);
            plan.Accumulate(store, Examples.Rows(32), 32, first: true);
            plan.Commit(1e-3f);
            foreach (ParameterSlot slot in plan.Parameters.Slots)
            {
                for (long i = 0; i < slot.Elements; i++)
                {
                    Assert.AreEqual(toBits(plan.Parameters.Master(slot)[i]), plan.Parameters.Shadow(slot)[i]);
                }

                plan.Parameters.Store();
                Assert.AreEqual(plan.Parameters.Master(slot)[0], slot.Parameter.Values[0], "the result has full precision");
            }
        }
    }

    [TestMethod]
    public void LossGradient_UnderSixteenBits_IsStoredRounded()
    {
        // Two classes with equal logits: p − 1 = −½ and p = ½, times the scale 2 and the weight 1 + 2^-11: half-way between two FP16
        // values,
        // the even one is 1. The gradient of the bias, a sum over this single row, shows what was stored.
        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, NumericFormat.Float16, 1, hasWeights: true);
        store.Append([0f], 0, 1f + (1f / 2048));
        LossScaleRule rule = LossScaling.Static(2).Resolve(PrecisionPolicy.MixedFloat16);
        using var plan = new TrainingPlan(
            new Network(new Perceptron(1, [], ActivationKind.None, 2).ToSpec()),
            new PlanSettings(PrecisionPolicy.MixedFloat16, rule, Examples.AdamW, 1),
            device);
        plan.Accumulate(store, [0], 1, first: true);
        ParameterSlot bias = plan.Parameters.Slots.Single(slot => slot.Parameter.Name == "output.bias");

        Assert.AreEqual(-1f, plan.Parameters.Gradient(bias)[0]);
        Assert.AreEqual(1f, plan.Parameters.Gradient(bias)[1]);
    }

    [TestMethod]
    public void HiddenGradient_ProductTimesDerivative_IsRoundedOnce()
    {
        // The second logit's bias makes p = (0, 1), so the loss's gradient for class 0 is (−g, g) with g the example's weight. The hidden
        // unit's
        // is −g·w, times 1 − y² with y = tanh ½ as stored. All three factors are exact in Float32; g is one for which a rounding between
        // matters.
        const float W = 1f + (3f / 1024);
        double y = (double)(Half)Math.Tanh(0.5);
        double derivative = 1 - (y * y);
        double Once(double g) => (double)(Half)(g * W * derivative);
        double Twice(double g) => (double)(Half)((double)(Half)(g * W) * derivative);
        double g = Enumerable.Range(1, 1023)
            .Select(k => 1 + (k / 1024.0))
            .First(g => Once(g) != Twice(g) && Math.Abs((g * W * derivative) - ((Once(g) + Twice(g)) / 2)) > 1e-5);

        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, NumericFormat.Float16, 1, hasWeights: true);
        store.Append([0f], 0, (float)g);
        var network = new Network(new Perceptron(1, [1], ActivationKind.Tanh, 2).ToSpec());
        network.Parameters[1].Values[0] = 0.5f;
        network.Parameters[2].Values[0] = W;
        network.Parameters[3].Values[1] = 60000f;
        var settings = new PlanSettings(
            PrecisionPolicy.MixedFloat16,
            LossScaling.Static(1).Resolve(PrecisionPolicy.MixedFloat16),
            Examples.AdamW,
            1);
        using var plan = new TrainingPlan(network, settings, device);
        plan.Accumulate(store, [0], 1, first: true);
        ParameterSlot bias = plan.Parameters.Slots.Single(slot => slot.Parameter.Name == "hidden.0.bias");

        Assert.AreEqual((float)-Once(g), plan.Parameters.Gradient(bias)[0]);
    }

    [TestMethod]
    public void Residual_BranchPlusShortcut_IsRoundedOnce()
    {
        // 1 + (2^-11 + 2^-20), whose terms FP16 holds, is just above the middle of two FP16 values.
        const float Bias = (1f / 2048) + (1f / 1048576);
        var network = new Network(new Perceptron(1, [1], ActivationKind.None, 2, Residual: true).ToSpec());
        network.Parameters[1].Values[0] = Bias;
        network.Parameters[2].Values[0] = 1f;

        Assert.AreEqual(1f + (1f / 1024), FirstLogit(network, [1f], PrecisionPolicy.MixedFloat16));
        Assert.AreEqual(1f + Bias, FirstLogit(network, [1f], PrecisionPolicy.Parse("mixed_float16; layer *.residual=Float32; layer "
            + "output=Float32")));
    }

    [TestMethod]
    public void ResidualGradient_BranchPlusShortcut_IsRoundedOnce()
    {
        // The second logit's bias makes p = (0, 1), so that dy = −1; the branch's share is −(2^-11 + 2^-20), which FP16 holds.
        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, NumericFormat.Float16, 1, hasWeights: false);
        store.Append([0f], 0, 1f);
        var network = new Network(new Perceptron(1, [1, 1], ActivationKind.None, 2, Residual: true).ToSpec());
        Parameter Named(string name) => network.Parameters.Single(parameter => parameter.Name == name);
        Named("hidden.1.weight").Values[0] = (1f / 2048) + (1f / 1048576);
        Named("output.weight").Values[0] = 1f;
        Named("output.bias").Values[1] = 60000f;
        var settings = new PlanSettings(
            PrecisionPolicy.MixedFloat16,
            LossScaling.Static(1).Resolve(PrecisionPolicy.MixedFloat16),
            Examples.AdamW,
            1);
        using var plan = new TrainingPlan(network, settings, device);
        plan.Accumulate(store, [0], 1, first: true);
        ParameterSlot bias = plan.Parameters.Slots.Single(slot => slot.Parameter.Name == "hidden.0.bias");

        Assert.AreEqual(-(1f + (1f / 1024)), plan.Parameters.Gradient(bias)[0]);
    }

    [TestMethod]
    public void BatchNorm_NormalisedValue_IsStoredRounded()
    {
        // One row is normalised to the shift, which is Float32: just above the middle of two FP16 values.
        const float Shift = 1f + (1f / 2048) + (1f / 1048576);
        var network = new Network(new Perceptron(1, [1], ActivationKind.None, 2, NormalizationKind.BatchNorm).ToSpec());
        network.Initialize(1);
        network.Parameters.Single(parameter => parameter.Name == "hidden.0.norm.bias").Values[0] = Shift;
        network.Parameters.Single(parameter => parameter.Name == "output.weight").Values[0] = 1f;

        Assert.AreEqual(1f + (1f / 1024), FirstLogit(network, [1f], PrecisionPolicy.MixedFloat16));
        Assert.AreEqual(Shift, FirstLogit(network, [1f], PrecisionPolicy.Parse("mixed_float16; Normalization=Float32; layer "
            + "output=Float32")));
    }

    [TestMethod]
    public void Dropout_ScaledValue_IsStoredRounded()
    {
        // Of 64 units of value 1 those that are kept become 1 ÷ 0.7 and are stored in FP16; the logit adds them up in Float32.
        const float Rate = 0.3f;
        var network = new Network(new Perceptron(1, [64], ActivationKind.None, 2, Dropout: Rate).ToSpec());
        Array.Fill(network.Parameters[1].Values, 1f);
        network.Parameters[2].Values.AsSpan(0, 64).Fill(1f);
        float one = 1 / (1 - Rate);
        double logit = FirstLogit(network, [0f], PrecisionPolicy.MixedFloat16);
        double kept = logit / (double)(Half)one;

        Assert.AreEqual(Math.Round(kept), kept, 1e-9);
        Assert.IsGreaterThan(0.001, Math.Abs((logit / one) - Math.Round(logit / one)), "the test needs a value that rounding changes");
    }

    /// <summary>The first logit of one row: features → (a hidden unit →) two logits, everything but the wanted path 0.</summary>
    private static float FirstLogit(float[] features, float weight, float bias, bool hidden, PrecisionPolicy? policy = null)
    {
        var network = new Network(new Perceptron(features.Length, hidden ? [1] : [], ActivationKind.Relu, 2).ToSpec());
        Parameter[] parameters = [.. network.Parameters];
        parameters[0].Values[0] = weight;
        parameters[1].Values[0] = bias;
        if (hidden)
        {
            parameters[2].Values[0] = 1f;
        }

        return FirstLogit(network, features, policy ?? PrecisionPolicy.MixedFloat16);
    }

    /// <summary>The first logit of one row.</summary>
    private static float FirstLogit(Network network, float[] features, PrecisionPolicy policy)
    {
        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, network.FeatureFormat(policy), features.Length, hasWeights: false);
        store.Append(features, 0, 1f);
        var settings = new PlanSettings(policy, LossScaling.Static(1).Resolve(PrecisionPolicy.MixedFloat16), Examples.AdamW, 1);
        using var plan = new TrainingPlan(network, settings, device);
        plan.Accumulate(store, [0], 1, first: true);

        // Backward has used the logits' bytes for something else: compute them again.
        foreach (Op op in plan.Ops)
        {
            op.Forward(plan.Context);
        }

        Tensor logits = plan.Context[plan.Ops[^1].Outputs[0]];
        return ((float*)logits.Address)[0];
    }

    /// <summary>The definition: the nearer of the two neighbours with 16 low bits zero, on a tie the even one.</summary>
    private static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint low = bits & 0xFFFF;
        uint high = bits >> 16;
        return (ushort)(low > 0x8000 || (low == 0x8000 && (high & 1) == 1) ? high + 1 : high);
    }
}
