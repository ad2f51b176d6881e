using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>
/// Training where some layers are frozen: they keep their values, cost no gradient, and do not change what the others learn.
/// </summary>
[TestClass]
public sealed unsafe class FrozenStepTests
{
    private const int Rows = 24;

    public static IEnumerable<object[]> Policies
        => new[] { "float32", "mixed_float16", "mixed_bfloat16" }.Select(policy => new object[] { policy });

    /// <summary>
    /// Behind a frozen first layer the others learn, bit by bit, what they learn as a network of their own on that layer's outputs.
    /// </summary>
    [TestMethod]
    [DynamicData(nameof(Policies))]
    public void FirstLayerFrozen_Others_LearnAsANetworkBehindIt(string policyName)
    {
        using var device = new CpuDevice(2);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, 6, 3);
        Network whole = Network(), behind = Examples.Network(8, [7], 3);
        float[][] before = [.. whole.Parameters.Select(parameter => (float[])parameter.Values.Clone())];
        foreach ((Parameter to, Parameter from) in behind.Parameters.Zip(whole.Parameters.Skip(2)))
        {
            from.Values.CopyTo(to.Values, 0);
        }

        using TrainingPlan plan = Plan(device, policy, whole, "hidden.0");
        using RowStore outputs = OutputsOfFirstLayer(device, plan, store);
        using TrainingPlan expected = Plan(device, policy, behind);
        Train(plan, store);
        Train(expected, outputs);

        for (int i = 0; i < behind.Parameters.Count; i++)
        {
            CollectionAssert.AreEqual(behind.Parameters[i].Values, whole.Parameters[i + 2].Values, behind.Parameters[i].Name);
            CollectionAssert.AreNotEqual(before[i + 2], whole.Parameters[i + 2].Values, "the test needs training");
        }

        CollectionAssert.AreEqual(before[0], whole.Parameters[0].Values);
        CollectionAssert.AreEqual(before[1], whole.Parameters[1].Values);
    }

    /// <summary>No gradient, moments or master for it, no gradient of its output, and nothing kept for backward.</summary>
    [TestMethod]
    [DynamicData(nameof(Policies))]
    public void FirstLayerFrozen_Plan_HasNoBufferForIt(string policyName)
    {
        using var device = new CpuDevice(1);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using TrainingPlan plan = Plan(device, policy, Wide(), "hidden.0"), all = Plan(device, policy, Wide());
        MemoryReport frozen = plan.Memory, trained = all.Memory;
        long layer = plan.Parameters.Slots.Where(slot => !slot.Trains).Sum(slot => (slot.Elements + 63) / 64 * 64);

        Assert.AreEqual(
            "hidden.0.bias|hidden.0.weight",
            string.Join('|', plan.Parameters.Slots.TakeLast(2).Select(slot => slot.Parameter.Name)));
        Assert.AreEqual(layer * sizeof(float), trained.Gradients - frozen.Gradients);
        Assert.AreEqual(2 * layer * sizeof(float), trained.Moments - frozen.Moments);
        Assert.AreEqual(policyName == "float32" ? 0 : layer * sizeof(float), trained.Masters - frozen.Masters);
        Assert.AreEqual(trained.Shadows, frozen.Shadows);
        Assert.IsLessThan(trained.Activations, frozen.Activations);
        Assert.IsFalse(plan.Ops[0].RunsBackward);
        Assert.IsFalse(plan.Ops[0].Outputs[0].NeedsGradient);
        Assert.IsEmpty(plan.Ops[1].GradientsWritten);
        MemoryReport draft = Draft(device, policy, "hidden.0");
        Assert.AreEqual(
            (draft.Masters, draft.Shadows, draft.Gradients, draft.Moments, draft.Activations, draft.Workspace),
            (frozen.Masters, frozen.Shadows, frozen.Gradients, frozen.Moments, frozen.Activations, frozen.Workspace));
    }

    /// <summary>What lies before a frozen layer gets its gradient through it.</summary>
    [TestMethod]
    [DynamicData(nameof(Policies))]
    public void LayerBehindTheFirstFrozen_FirstLayer_HasTheGradientOfTheWholeNetwork(string policyName)
    {
        using var device = new CpuDevice(2);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, 6, 3);
        Network some = Network();
        float[] before = [.. some.Parameters[2].Values];
        using TrainingPlan plan = Plan(device, policy, some, "hidden.1"), all = Plan(device, policy, Network());
        foreach (TrainingPlan each in new[] { plan, all })
        {
            each.Accumulate(store, Examples.Rows(Rows));
        }

        foreach (ParameterSlot slot in plan.Parameters.Trained)
        {
            ParameterSlot other = all.Parameters.Slots.Single(candidate => candidate.Parameter.Name == slot.Parameter.Name);
            var expected = new ReadOnlySpan<float>(all.Parameters.Gradient(other), (int)other.Elements);
            Assert.IsTrue(expected.ContainsAnyExcept(0f), "the test needs gradients");
            var actual = new ReadOnlySpan<float>(plan.Parameters.Gradient(slot), (int)slot.Elements);
            Assert.IsTrue(expected.SequenceEqual(actual), slot.Parameter.Name);
        }

        Train(plan, store);
        CollectionAssert.AreEqual(before, some.Parameters[2].Values);
    }

    /// <summary>Weight and bias can be frozen apart.</summary>
    [TestMethod]
    [DataRow("hidden.1.weight")]
    [DataRow("hidden.1.bias")]
    [DataRow("hidden.0.weight")]
    public void OneParameterFrozen_OnlyIt_KeepsItsValues(string name)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float16, Rows, 6, 3);
        Network network = Network();
        float[][] before = [.. network.Parameters.Select(parameter => (float[])parameter.Values.Clone())];
        using TrainingPlan plan = Plan(device, PrecisionPolicy.MixedFloat16, network, name);
        Train(plan, store);

        foreach ((Parameter parameter, float[] values) in network.Parameters.Zip(before))
        {
            Assert.AreEqual(parameter.Name == name, parameter.Values.SequenceEqual(values), parameter.Name);
        }
    }

    [TestMethod]
    public void FirstLayerFrozen_Probes_WatchTheGradientsThatThereAre()
    {
        using var device = new CpuDevice(1);
        PrecisionPolicy policy = PrecisionPolicy.MixedFloat16;
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, 6, 3);
        using TrainingPlan plan = Plan(device, policy, Network(), measures: true, "hidden.0");
        plan.Accumulate(store, Examples.Rows(Rows), measure: true);

        CollectionAssert.AreEqual(
            new[] { "features", "hidden.0.activation", "hidden.1.activation", "output", "output.gradient", "hidden.1.activation.gradient" },
            plan.Ranges.Select(range => range.Name).ToArray());
        Assert.IsTrue(plan.Ranges.All(range => range.Largest > 0));
    }

    [TestMethod]
    public void EveryLayerFrozen_Plan_IsRefused()
    {
        using var device = new CpuDevice(1);

        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(
            () => Plan(device, PrecisionPolicy.Float32, Network(), "hidden", "output"));
        StringAssert.Contains(error.Message, "Every parameter of the network is frozen", StringComparison.Ordinal);
    }

    private static Network Network() => Examples.Network(6, [8, 7], 3);

    /// <summary>Wide enough for buffers of more than the arena's alignment.</summary>
    private static Network Wide() => Examples.Network(6, [64, 48], 3);

    private static TrainingPlan Plan(CpuDevice device, PrecisionPolicy policy, Network network, params string[] frozen)
        => Plan(device, policy, network, measures: false, frozen);

    /// <summary>A plan; frozen is what has a name that begins so.</summary>
    private static TrainingPlan Plan(CpuDevice device, PrecisionPolicy policy, Network network, bool measures, params string[] frozen)
        => new(network, Settings(policy, network, frozen) with { MeasuresRanges = measures }, device);

    private static PlanSettings Settings(PrecisionPolicy policy, Network network, string[] frozen)
        => new(policy, LossScaling.Static(64).Resolve(PrecisionPolicy.MixedFloat16), Examples.AdamW, Rows)
        {
            Frozen = network.Parameters
                .Where(parameter => frozen.Any(name => parameter.Name.StartsWith(name, StringComparison.Ordinal)))
                .ToHashSet(),
        };

    private static void Train(TrainingPlan plan, RowStore store)
    {
        for (int step = 0; step < 5; step++)
        {
            plan.Step(store, Examples.Rows(Rows), 1e-2f);
        }

        plan.Store();
    }

    /// <summary>What the first layer makes of all rows, with the labels.</summary>
    private static RowStore OutputsOfFirstLayer(CpuDevice device, TrainingPlan plan, RowStore store)
    {
        int[] labels = new int[Rows];
        store.Gather(Examples.Rows(Rows), plan.Context[plan.Ops[0].Inputs[0]], labels, default);
        plan.Ops[0].Forward(plan.Context);
        Tensor made = plan.Context[plan.Ops[0].Outputs[0]];
        var outputs = new RowStore(device, made.Format, made.Columns, hasWeights: false);
        for (int row = 0; row < Rows; row++)
        {
            float[] values = [.. Enumerable.Range(0, made.Columns).Select(column => made.Format == NumericFormat.Float32
                ? ((float*)made.Row(row))[column]
                : FormatConversion.FromBits(made.Format, ((ushort*)made.Row(row))[column]))];
            outputs.Append(values, labels[row], 1f);
        }

        return outputs;
    }

    /// <summary>What a plan says before it allocates.</summary>
    private static MemoryReport Draft(CpuDevice device, PrecisionPolicy policy, params string[] frozen)
    {
        Network network = Wide();
        return new PlanDraft(network, Settings(policy, network, frozen), device).Memory(dataBytes: 0);
    }
}
