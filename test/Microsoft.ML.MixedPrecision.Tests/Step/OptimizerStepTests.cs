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

    [TestMethod]
    public void Commit_AdamW_FollowsTheFormula()
    {
        var adam = new OptimizerSettings(
            OptimizerKind.AdamW,
            WeightDecay: 0.1f,
            Beta1: 0.8f,
            Beta2: 0.95f,
            Epsilon: 0.01f,
            Momentum: 0,
            Nesterov: false);
        AssertFollows(adam, state =>
        {
            state.First = (0.8 * state.First) + (0.2 * state.Gradient);
            state.Second = (0.95 * state.Second) + (0.05 * state.Gradient * state.Gradient);
            double mean = state.First / (1 - Math.Pow(0.8, state.Step));
            double square = state.Second / (1 - Math.Pow(0.95, state.Step));
            state.Weight -= LearningRate * ((mean / (Math.Sqrt(square) + 0.01)) + (state.Decays ? 0.1 * state.Weight : 0));
        });
    }

    [TestMethod]
    [DataRow(0f, false)]
    [DataRow(0.9f, false)]
    [DataRow(0.9f, true)]
    public void Commit_Sgd_FollowsTheFormula(float momentum, bool nesterov)
    {
        var sgd = new OptimizerSettings(OptimizerKind.Sgd, WeightDecay: 0.1f, Beta1: 0, Beta2: 0, Epsilon: 0, momentum, nesterov);
        AssertFollows(sgd, state =>
        {
            double gradient = state.Gradient + (state.Decays ? 0.1 * state.Weight : 0);
            state.First = (momentum * state.First) + gradient;
            state.Weight -= LearningRate * (nesterov ? gradient + (momentum * state.First) : state.First);
        });
    }

    private static void AssertFollows(OptimizerSettings optimizer, Action<Element> update)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, 32, 7, 3);
        LossScaleRule rule = LossScaling.Static(Scale).Resolve(PrecisionPolicy.MixedFloat16);
        using var plan = new TrainingPlan(
            Examples.Network(7, [9], 3),
            new PlanSettings(PrecisionPolicy.Float32, rule, optimizer, 32),
            device);
        Element[][] elements = [.. plan.Parameters.Slots.Select(slot => Elements(plan, slot))];
        for (int attempt = 0; attempt < 4; attempt++)
        {
            plan.Accumulate(store, Examples.Rows(32));
            bool skipped = attempt == 1;
            Expect(plan, elements, skipped ? _ => { } : update);
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

    private static void Expect(TrainingPlan plan, Element[][] elements, Action<Element> update)
    {
        for (int slot = 0; slot < elements.Length; slot++)
        {
            float* gradient = plan.Parameters.Gradient(plan.Parameters.Slots[slot]);
            for (int i = 0; i < elements[slot].Length; i++)
            {
                elements[slot][i].Gradient = gradient[i] / (double)Scale;
                elements[slot][i].Step = plan.State.Step + 1;
                update(elements[slot][i]);
            }
        }
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

        public bool Decays { get; init; }
    }
}
