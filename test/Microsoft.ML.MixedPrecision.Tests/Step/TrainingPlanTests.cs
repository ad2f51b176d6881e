using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>What a plan refuses, and what it gives back.</summary>
[TestClass]
public sealed class TrainingPlanTests
{
    private const int Batch = 4;

    [TestMethod]
    public void PrepareAndStep_RowsThatCannotBe_AreRefused()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float16, Batch + 1, 3, 2);
        using TrainingPlan plan = Plan(device);
        plan.Steps.BeginEpoch(store, Examples.Rows(Batch + 1));

        Assert.AreEqual("batch", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => plan.Steps.Prepare(Batch + 1)).ParamName);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => plan.Steps.Take(new StepRequest(0)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => plan.Steps.Take(new StepRequest(2) { Positions = 0 }));
        Assert.AreEqual(0, plan.Run.Cursor, "nothing was read");
    }

    [TestMethod]
    public void Ranges_AreThoseOfProbes_NoneWithoutThem()
    {
        using var device = new CpuDevice(1);
        using TrainingPlan without = Plan(device), with = Plan(device, measures: true);

        Assert.IsEmpty(without.Ranges);
        Assert.AreEqual("features", with.Ranges.First().Name, "in the order of the pass forward");
        Assert.AreEqual(
            "output.gradient",
            with.Ranges.First(range => range.Name.EndsWith(".gradient", StringComparison.Ordinal)).Name,
            "then in that of the pass backward");
    }

    /// <summary>Steps that are not measured leave the probes as they were, those of gradients too: reading every value of every step would
    /// cost what the interval saves.</summary>
    [TestMethod]
    public void Ranges_OfStepsNotMeasured_StayEmpty()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float16, Batch, 3, 2);
        using TrainingPlan plan = Plan(device, measures: true);

        plan.Step(store, Examples.Rows(Batch), 1e-3f, measure: false);
        Assert.IsTrue(plan.Ranges.All(range => range.Largest == 0));
        plan.Step(store, Examples.Rows(Batch), 1e-3f, measure: true);
        Assert.IsTrue(plan.Ranges.All(range => range.Largest > 0));
    }

    [TestMethod]
    public void Explain_EndsWithTheLoss()
    {
        using var device = new CpuDevice(1);
        using TrainingPlan plan = Plan(device);

        string[] lines = plan.Explain().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

        StringAssert.StartsWith(lines[0], "policy mixed_float16");
        StringAssert.StartsWith(lines[^1], "loss");
        StringAssert.Contains(lines[^1], "its gradient, times the loss scale, is stored for the products");
    }

    [TestMethod]
    public void Dispose_OfAPlan_GivesItsMemoryBack()
    {
        using var device = new CpuDevice(1);
        TrainingPlan plan = Plan(device);
        Value value = plan.Ops[0].Outputs[0];
        _ = (plan.Parameters.GradientArena, plan.Context[value], plan.States.Committed, plan.Records.Addresses);

        plan.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => plan.Parameters.GradientArena);
        Assert.ThrowsExactly<ObjectDisposedException>(() => plan.Context[value]);
        Assert.ThrowsExactly<ObjectDisposedException>(() => plan.States.Committed);
        Assert.ThrowsExactly<ObjectDisposedException>(() => plan.Records.Addresses);
    }

    private static TrainingPlan Plan(CpuDevice device, bool measures = false)
    {
        LossScaleRule rule = LossScaling.Static(8).Resolve(PrecisionPolicy.MixedFloat16);
        return new TrainingPlan(
            Examples.Network(3, [5], 2),
            new PlanSettings(PrecisionPolicy.MixedFloat16, rule, Examples.AdamW, Batch, MeasuresRanges: measures),
            device);
    }
}
