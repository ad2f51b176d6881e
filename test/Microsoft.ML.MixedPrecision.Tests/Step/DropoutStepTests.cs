using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Dropout in whole steps: masks follow the committed steps and the rows within a step, and scoring knows nothing of
/// them.</summary>
[TestClass]
public sealed unsafe class DropoutStepTests
{
    private const int Rows = 24;

    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_float16")]
    public void Commit_SkippedStep_LeavesTheMasksWhereTheyWere(string policy)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, policy);
        store.Append([.. Enumerable.Repeat(float.NaN, store.Features)], 0, 1f);
        using TrainingPlan undisturbed = Plan(device, policy, batch: 3), skipping = Plan(device, policy, batch: 3);
        Step(undisturbed, store, Rows);
        Step(skipping, store, Rows);
        skipping.Step(store, [0, 1, Rows, 2, 3, 4], 1e-3f);
        Assert.AreEqual(1, skipping.State.Skips, "the test needs a skipped step");
        Step(undisturbed, store, Rows);
        Step(skipping, store, Rows);

        Assert.IsTrue(new PlanSnapshot(undisturbed).SameAs(new PlanSnapshot(skipping)));
    }

    [TestMethod]
    public void Accumulate_InMicroBatches_AddsTheGradientsOfTheSameMasks()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, "float32");
        using TrainingPlan whole = Plan(device, "float32"), parts = Plan(device, "float32", batch: 11);
        foreach (TrainingPlan plan in new[] { whole, parts })
        {
            // Not the first step, so that the step counts too; its rate leaves the weights as they are.
            plan.Step(store, Examples.Rows(Rows), 0f);
        }

        whole.Accumulate(store, Examples.Rows(Rows));
        parts.Accumulate(store, Examples.Rows(Rows));

        float[] expected = Gradients(whole), actual = Gradients(parts);
        float largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-6f * largest);
        }
    }

    [TestMethod]
    public void Accumulate_AnotherStepOrSeed_DrawsOtherMasks()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, "float32");
        using TrainingPlan plan = Plan(device, "float32"),
        other = Plan(device, "float32", seed: 2),
        none = Plan(device, "float32", dropout: 0);
        var losses = new List<double>();
        foreach (TrainingPlan each in new[] { plan, other, none })
        {
            each.Accumulate(store, Examples.Rows(Rows));
            losses.Add(each.State.Loss);
        }

        // A rate of 0 leaves the weights as they are.
        plan.Commit(0f);
        plan.Accumulate(store, Examples.Rows(Rows));
        losses.Add(plan.State.Loss);

        Assert.HasCount(4, losses.Distinct().ToArray());
    }

    [TestMethod]
    public void Prepare_BetweenSteps_ChangesNoMask()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, "mixed_float16");
        using TrainingPlan undisturbed = Plan(device, "mixed_float16"), prepared = Plan(device, "mixed_float16");
        foreach (TrainingPlan plan in new[] { undisturbed, prepared })
        {
            Step(plan, store, Rows);
            if (plan == prepared)
            {
                plan.Steps.Prepare(5);
            }

            Step(plan, store, Rows);
        }

        Assert.IsTrue(new PlanSnapshot(undisturbed).SameAs(new PlanSnapshot(prepared)));
    }

    [TestMethod]
    public void Run_Scoring_DropsNothing()
    {
        Network plain = Examples.Network(7, [16, 16], 3), network = Examples.Network(7, [16, 16], 3, dropout: 0.5f);
        float[] x = [.. Enumerable.Range(0, 5 * 7).Select(i => (i % 11) / 11f)];

        CollectionAssert.AreEqual(Scores(plain, x), Scores(network, x));
    }

    private static float[] Scores(Network network, float[] x)
    {
        using var scorer = new Scorer(network, threads: 1, softmax: true);
        using ScoringSession session = scorer.CreateSession(5);
        var scores = new float[5 * 3];
        session.Run(x, 5, scores);
        return scores;
    }

    private static RowStore Store(CpuDevice device, string policy)
        => Examples.Clusters(device, PrecisionPolicy.Parse(policy).ComputeFormat, Rows, features: 7, classes: 3);

    private static TrainingPlan Plan(CpuDevice device, string policyName, int seed = 1, float dropout = 0.4f, int batch = Rows)
    {
        LossScaleRule rule = LossScaling.Static(64).Resolve(PrecisionPolicy.MixedFloat16);
        var settings = new PlanSettings(PrecisionPolicy.Parse(policyName), rule, Examples.AdamW, batch) { Seed = seed };
        return new TrainingPlan(Examples.Network(7, [16, 16], 3, residual: true, dropout: dropout), settings, device);
    }

    private static void Step(TrainingPlan plan, RowStore store, int rows)
    {
        plan.Step(store, Examples.Rows(rows), 1e-2f);
    }

    private static float[] Gradients(TrainingPlan plan)
        => [.. plan.Parameters.Slots.SelectMany(
            slot => new ReadOnlySpan<float>(plan.Parameters.Gradient(slot), (int)slot.Elements).ToArray())];
}
