using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>What a plan's commits do to the masters, against the optimizers' formulas in double precision: three good steps, a skipped one
/// among them.</summary>
[TestClass]
public sealed unsafe class OptimizerStepTests
{
    private const float LearningRate = 0.05f;
    private const float Scale = 64;
    private const int Steps = 3;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Commit_AdamW_FollowsTheFormula(bool factors)
    {
        var adam = new OptimizerSettings(
            OptimizerKind.AdamW,
            WeightDecay: 0.1f,
            Beta1: 0.8f,
            Beta2: 0.95f,
            Epsilon: 0.01f,
            Momentum: 0,
            Nesterov: false);
        AssertFollows(adam, factors, state =>
        {
            state.First = (0.8 * state.First) + (0.2 * state.Gradient);
            state.Second = (0.95 * state.Second) + (0.05 * state.Gradient * state.Gradient);
            double mean = state.First / (1 - Math.Pow(0.8, state.Step));
            double square = state.Second / (1 - Math.Pow(0.95, state.Step));
            double direction = mean / (Math.Sqrt(square) + (0.01 * state.Epsilon));
            state.Weight -= LearningRate * state.Rate * (direction + (0.1 * state.Decay * state.Weight));
        });
    }

    [TestMethod]
    [DataRow(0f, false, false)]
    [DataRow(0.9f, false, false)]
    [DataRow(0.9f, true, false)]
    [DataRow(0.9f, true, true)]
    public void Commit_Sgd_FollowsTheFormula(float momentum, bool nesterov, bool factors)
    {
        var sgd = new OptimizerSettings(OptimizerKind.Sgd, WeightDecay: 0.1f, Beta1: 0, Beta2: 0, Epsilon: 0, momentum, nesterov);
        AssertFollows(sgd, factors, state =>
        {
            double gradient = state.Gradient + (0.1 * state.Decay * state.Weight);
            state.First = (momentum * state.First) + gradient;
            state.Weight -= LearningRate * state.Rate * (nesterov ? gradient + (momentum * state.First) : state.First);
        });
    }

    /// <summary>Runs the steps.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factors">Whether parameters have rates and decays of their own, and decay changes from step to step.</param>
    /// <param name="update">The formula, element by element.</param>
    private static void AssertFollows(OptimizerSettings optimizer, bool factors, Action<Element> update)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 32, 7, 3);
        LossScaleRule rule = LossScaling.Static(Scale).Resolve(PrecisionPolicy.MixedFloat16);
        Network network = Examples.Network(7, [9], 3);
        if (factors)
        {
            foreach ((int i, Parameter parameter) in network.Parameters.Index())
            {
                (parameter.RateFactor, parameter.DecayFactor, parameter.EpsilonFactor) = (0.25f * (i + 1), 3f - i, 1f + i);
            }
        }

        using var plan = new TrainingPlan(
            network,
            new PlanSettings(PrecisionPolicy.Float32, rule, optimizer, 32)
            {
                Regularization = new RegularizationCourse(factors ? Steps : 0),
            },
            device);
        Element[][] elements = [.. plan.Parameters.Slots.Select(slot => Elements(plan, slot))];
        for (int attempt = 0; attempt < 4; attempt++)
        {
            plan.Accumulate(store, Examples.Rows(32));
            bool skipped = attempt == 1;
            Expect(plan, elements, factors ? Share(plan) : 1, skipped ? _ => { } : update);
            if (skipped)
            {
                plan.Parameters.Gradient(plan.Parameters.Slots[0])[0] = float.NaN;
            }

            plan.Commit(LearningRate);
            AssertEqual(plan, elements);
        }

        Assert.AreEqual(3, plan.State.Step);
        Assert.AreEqual(1, plan.State.Skips);
    }

    private static Element[] Elements(TrainingPlan plan, ParameterSlot slot)
    {
        float* master = plan.Parameters.Master(slot);
        return [
            .. Enumerable.Range(0, (int)slot.Elements).Select(
                i => new Element { Weight = master[i], Decays = slot.Parameter.Name.EndsWith("weight", StringComparison.Ordinal) })];
    }

    private static void Expect(TrainingPlan plan, Element[][] elements, double share, Action<Element> update)
    {
        for (int slot = 0; slot < elements.Length; slot++)
        {
            float* gradient = plan.Parameters.Gradient(plan.Parameters.Slots[slot]);
            for (int i = 0; i < elements[slot].Length; i++)
            {
                elements[slot][i].Gradient = gradient[i] / (double)Scale;
                elements[slot][i].Step = plan.State.Step + 1;
                Parameter parameter = plan.Parameters.Slots[slot].Parameter;
                (elements[slot][i].Rate, elements[slot][i].Epsilon) = (parameter.RateFactor, parameter.EpsilonFactor);
                elements[slot][i].Decay = elements[slot][i].Decays ? parameter.DecayFactor * share : 0;
                update(elements[slot][i]);
            }
        }
    }

    /// <summary>What is left of the decay in the coming step: all in the first half of the steps, then half a cosine.</summary>
    private static double Share(TrainingPlan plan)
    {
        double progress = plan.State.Step / (double)Steps;
        return progress < 0.5 ? 1 : (1 + Math.Cos(Math.PI * ((2 * progress) - 1))) / 2;
    }

    private static void AssertEqual(TrainingPlan plan, Element[][] elements)
    {
        for (int slot = 0; slot < elements.Length; slot++)
        {
            float* master = plan.Parameters.Master(plan.Parameters.Slots[slot]);
            for (int i = 0; i < elements[slot].Length; i++)
            {
                // Weights of about 1 in Float32: a few units of 6e-8 a step.
                Assert.AreEqual(elements[slot][i].Weight, master[i], 1e-6, $"{plan.Parameters.Slots[slot].Parameter} element {i}, step "
                    + $"{plan.State.Step}");
            }
        }
    }

    /// <summary>A weight with its moments in double precision.</summary>
    private sealed class Element
    {
        public double Weight { get; set; }

        public double Gradient { get; set; }

        public double First { get; set; }

        public double Second { get; set; }

        public long Step { get; set; }

        public double Rate { get; set; }

        public double Epsilon { get; set; }

        public double Decay { get; set; }

        public bool Decays { get; init; }
    }
}
