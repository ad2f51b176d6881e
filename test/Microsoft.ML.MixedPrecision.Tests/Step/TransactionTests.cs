using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A step with a value that is not finite changes nothing but the loss scale, wherever that value stands.</summary>
[TestClass]
public sealed unsafe class TransactionTests
{
    private const int Rows = 32;
    private static readonly float[] Poisons = [float.PositiveInfinity, float.NegativeInfinity, float.NaN];

    /// <summary>Every policy × every poison.</summary>
    public static IEnumerable<object[]> Cases
        => from policy in new[] { "float32", "mixed_float16", "mixed_bfloat16", "O3" }
           from poison in Poisons
           select new object[] { policy, poison };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Commit_GradientNotFinite_ChangesNothingAndBacksOff(string policyName, float poison)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, policyName);
        using TrainingPlan plan = Plan(device, policyName, store);
        Step(plan, store);
        for (int slot = 0; slot < plan.Parameters.Slots.Length; slot++)
        {
            foreach (int place in new[] { 0, 1, 2 })
            {
                plan.Scale.Scale = 256;
                var before = new PlanSnapshot(plan);
                RunBlock run = plan.Run;
                plan.Accumulate(store, Examples.Rows(Rows));
                Poison(plan, slot, place, poison);
                plan.Commit(1e-3f);

                Assert.IsTrue(before.SameAs(new PlanSnapshot(plan)), $"{plan.Parameters.Slots[slot].Parameter} place {place}");
                Assert.AreEqual(run.Attempts + 1, plan.Run.Attempts);
                Assert.AreEqual(Rows, plan.Run.Cursor, "the batch is consumed");
                Assert.AreEqual(128f, plan.Scale.Scale);
                Assert.AreEqual(slot, plan.State.FirstNonFinite);
            }
        }

        var last = new PlanSnapshot(plan);
        Step(plan, store);
        Assert.IsFalse(last.SameAs(new PlanSnapshot(plan)), "the next good step must go on");
        Assert.AreEqual(2, plan.State.Step);
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Commit_RowNotFinite_ChangesNothingAndBacksOff(string policyName, float poison)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, policyName);
        float[] bad = new float[store.Features];
        bad[3] = poison;
        store.Append(bad, 0, 1f);
        using TrainingPlan plan = Plan(device, policyName, store);
        Step(plan, store);
        plan.Scale.Scale = 256;
        var before = new PlanSnapshot(plan);

        plan.Step(store, [0, 1, Rows], 1e-3f);

        Assert.IsTrue(before.SameAs(new PlanSnapshot(plan)));
        Assert.AreEqual(128f, plan.Scale.Scale);
        Assert.AreEqual(1, plan.State.Skips);
        Assert.AreNotEqual(NonFinite.None, plan.State.FirstNonFinite);
        Step(plan, store);
        Assert.AreEqual(2, plan.State.Step);
    }

    [TestMethod]
    public void Commit_OverflowInLaterMicroBatch_SkipsTheWholeStep()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, "mixed_float16");
        store.Append([.. Enumerable.Repeat(float.NaN, store.Features)], 0, 1f);
        using TrainingPlan plan = Plan(device, "mixed_float16", store, batch: 3);
        var before = new PlanSnapshot(plan);

        plan.Step(store, [0, 1, Rows, 2, 3, 4], 1e-3f);

        Assert.IsTrue(before.SameAs(new PlanSnapshot(plan)));
        Assert.AreEqual(1, plan.State.Skips);
    }

    private static void Poison(TrainingPlan plan, int index, int place, float poison)
    {
        ParameterSlot slot = plan.Parameters.Slots[index];
        int rows = slot.Parameter.Rows;
        int columns = slot.Parameter.Columns;
        (int row, int column) = place switch { 0 => (0, 0), 1 => (rows / 2, columns / 2), _ => (rows - 1, columns - 1) };
        plan.Parameters.Gradient(slot)[((long)row * slot.Pitch) + column] = poison;
    }

    private static void Step(TrainingPlan plan, RowStore store)
    {
        plan.Step(store, Examples.Rows(Rows), 1e-3f);
    }

    private static RowStore Store(CpuDevice device, string policy)
        => Examples.Clusters(device, PrecisionPolicy.Parse(policy).ComputeFormat, Rows, features: 7, classes: 3);

    private static TrainingPlan Plan(CpuDevice device, string policyName, RowStore store, int batch = Rows)
    {
        // A dynamic rule under every policy, so that the back-off can be seen; scale 256 keeps good steps finite.
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 256).Resolve(PrecisionPolicy.MixedFloat16);
        var settings = new PlanSettings(PrecisionPolicy.Parse(policyName), rule, Examples.AdamW, batch);
        return new TrainingPlan(Examples.Network(store.Features, [9, 5], 3), settings, device);
    }
}
