using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>What a plan leaves between two steps is enough for another plan to go on with, bit for bit.</summary>
[TestClass]
public sealed unsafe class TrainingStateTests
{
    public static IEnumerable<object[]> Cases => StateCase.All.Select(one => new object[] { one.Name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Capture_AnotherPlanGoesOn_GivesTheBitsOfNoBreak(string name) => Case(name).AssertGoesOn(() => new CpuDevice(2));

    /// <summary>Masters stay; their copies are what the other format makes of them: <see cref="Half"/>'s own rounding. The scale begins as
    /// its new rule says.</summary>
    [TestMethod]
    public void Plan_FromAStateUnderAnotherPolicy_KeepsMastersAndMakesCopies()
    {
        using var device = new CpuDevice(1);
        StateCase before = Case("float32"), after = Case("float16 with skips");
        using RowStore store = before.Store(device), halves = after.Store(device);
        using TrainingPlan exact = before.Plan(device);
        before.Run(exact, store, 0, 5);
        TrainingState state = exact.Capture();
        using var mixed = new TrainingPlan(after.Network(), after.Settings() with { LossScale = LossScaleRule.Static(64) }, device, state);

        StateAssert.AreEqual(state.Tensors, mixed.Capture().Tensors, "nothing is rounded but copies");
        Assert.AreEqual(64f, mixed.Scale.Scale);
        Assert.AreEqual(state.Phases[0].Block.Commit, mixed.State);
        int copies = 0;
        foreach (ParameterSlot slot in mixed.Parameters.Slots.Where(slot => slot.HasShadow))
        {
            for (long i = 0; i < slot.Elements; i++, copies++)
            {
                Assert.AreEqual(
                    BitConverter.HalfToUInt16Bits((Half)mixed.Parameters.Master(slot)[i]),
                    mixed.Parameters.Shadow(slot)[i],
                    $"{slot.Parameter} {i}");
            }
        }

        Assert.IsGreaterThan(0, copies);
        List<StepRecord> records = after.Run(mixed, halves, 5, 7);
        CollectionAssert.AreEqual(new long[] { 6, 7 }, records.Select(record => record.Step).ToArray(), "the count of steps goes on");
    }

    [TestMethod]
    public void Plan_FromAState_LeavesTheNetworksOwnValuesUntilTheyAreStored()
    {
        using var device = new CpuDevice(1);
        StateCase one = Case("float32");
        using RowStore store = one.Store(device);
        using TrainingPlan plan = one.Plan(device);
        one.Run(plan, store, 0, 3);
        Network network = one.Network(), trained = one.Network();
        using var resumed = new TrainingPlan(network, one.Settings(), device, plan.Capture());

        CollectionAssert.AreEqual(trained.Parameters[0].Values, network.Parameters[0].Values, "the starting weights");
        resumed.Store();
        StateTensor weight = plan.Capture().Tensors.Single(tensor => tensor.Name == "weight/" + network.Parameters[0].Name);
        CollectionAssert.AreEqual(weight.Values, network.Parameters[0].Values, "the trained ones");
        CollectionAssert.AreNotEqual(trained.Parameters[0].Values, network.Parameters[0].Values);
    }

    [TestMethod]
    public void Plan_FromAStateOfOtherNetworksOrOptimizers_SaysWhatDiffers()
    {
        using var device = new CpuDevice(1);
        TrainingState adam, none, batchNorm;
        using (TrainingPlan plan = Case("float32").Plan(device))
        {
            adam = plan.Capture();
        }

        using (TrainingPlan plan = Case("no moments").Plan(device))
        {
            none = plan.Capture();
        }

        using (TrainingPlan plan = Case("batch norm").Plan(device))
        {
            batchNorm = plan.Capture();
        }

        StringAssert.Contains(Refused(Case("float32"), none), "it has no first/output.bias (1, 3).");
        StringAssert.Contains(Refused(Case("no moments"), adam), "it has first/output.bias (1, 3), which the plan has not.");
        StringAssert.Contains(Refused(Case("float32"), batchNorm), "it has weight/hidden.1.norm.");
        TrainingState wide = adam with
        {
            Tensors = [
                .. adam.Tensors.Select(
                    tensor => tensor.Name == "weight/output.bias" ? tensor with { Columns = 4, Values = new float[4] } : tensor)],
        };
        StringAssert.Contains(Refused(Case("float32"), wide), "it has weight/output.bias (1, 4) in 4 values, the plan "
            + "weight/output.bias (1, 3).");
        TrainingState cut = adam with
        {
            Tensors = [
                .. adam.Tensors.Select(tensor => tensor.Name == "second/output.bias" ? tensor with { Values = new float[2] } : tensor)],
        };
        StringAssert.Contains(Refused(Case("float32"), cut), "it has second/output.bias (1, 3) in 2 values");
        StringAssert.Contains(
            Refused(Case("float32"), adam with { Tensors = [.. adam.Tensors, adam.Tensors[0]] }),
            "it has 'weight/output.bias' 2 times.");
        StringAssert.Contains(Refused(Case("float32"), adam with { Phases = [adam.Phases[0], adam.Phases[0]] }), "2 phases");

        string Refused(StateCase one, TrainingState state) => Assert.ThrowsExactly<ArgumentException>(() => one.Plan(device, state))
            .Message;
    }

    [TestMethod]
    public void Capture_WithinAStepOrBeforeRecordsAreTaken_Throws()
    {
        using var device = new CpuDevice(1);
        StateCase one = Case("float32");
        using RowStore store = one.Store(device);
        using TrainingPlan plan = one.Plan(device);
        plan.Accumulate(store, Examples.Rows(8));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(plan.Capture).Message, "within a step");

        plan.Commit(0.1f);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(plan.Capture).Message, "1 records");
        Assert.IsTrue(plan.Records.TryTake(out _));
        Assert.AreEqual(1L, plan.Capture().Run.Attempts);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(9)]
    public void BeginEpoch_CursorOutsideTheOrder_Throws(int cursor)
    {
        using var device = new CpuDevice(1);
        StateCase one = Case("float32");
        using RowStore store = one.Store(device);
        using TrainingPlan plan = one.Plan(device);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => plan.Steps.BeginEpoch(store, Examples.Rows(8), cursor));
    }

    private static StateCase Case(string name) => StateCase.All.Single(one => one.Name == name);
}
