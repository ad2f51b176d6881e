using Microsoft.ML.MixedPrecision.Graph;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Step;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>Whole steps on a card against the CPU engine.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaStepTests : CudaTrainingTest
{
    private const int Rows = 200;
    private const int Batch = 64;

    /// <summary>Policy × activation × normalization.</summary>
    public static IEnumerable<object[]> Networks
        => from policy in Policies
           from activation in new[] { ActivationKind.Relu, ActivationKind.Gelu, ActivationKind.GeluErf, ActivationKind.Tanh }
           from normalization in Enum.GetValues<NormalizationKind>()
           select new object[] { policy, activation, normalization };

    /// <summary>Policy × normalization × micro-batches of a step.</summary>
    public static IEnumerable<object[]> ResidualNetworks
        => from policy in Policies
           from normalization in Enum.GetValues<NormalizationKind>()
           from microBatches in new[] { 1, 2 }
           select new object[] { policy, normalization, microBatches };

    public static IEnumerable<object[]> PolicyNames => Policies.Select(policy => new object[] { policy });

    [TestMethod]
    [DynamicData(nameof(Networks))]
    public void Steps_BothEngines_FollowTheSameCourse(string policy, ActivationKind activation, NormalizationKind normalization)
    {
        AssertSameCourse(
            Course(Cpu, policy, Network(activation, normalization)),
            Course(Device, policy, Network(activation, normalization)),
            policy);
    }

    [TestMethod]
    [DynamicData(nameof(ResidualNetworks))]
    public void Steps_ResidualAndDropout_FollowTheCpusCourse(string policy, NormalizationKind normalization, int microBatches)
        => AssertSameCourse(
            Course(Cpu, policy, ResidualNetwork(normalization), microBatches),
            Course(Device, policy, ResidualNetwork(normalization), microBatches),
            policy);

    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void Steps_ResidualBranchesOverlappedOrInTurn_GiveTheSameBits(string policy)
    {
        float[] Trained(bool branches)
        {
            using RowStore store = Store(policy);
            Network network = ResidualNetwork();
            using TrainingPlan plan = Plan(Device, policy, network, Batch, settings => settings with { Branches = branches });
            Train(plan, store, 5, Batch);
            return Weights(plan, network);
        }

        CollectionAssert.AreEqual(Trained(branches: false), Trained(branches: true));
    }

    /// <summary>Policy × first letters of what is frozen.</summary>
    public static IEnumerable<object[]> FrozenCases
        => from policy in Policies
           from frozen in new[] { "hidden.0", "hidden.1", "hidden.1.weight", "hidden.0.bias", "hidden" }
           select new object[] { policy, frozen };

    [TestMethod]
    [DynamicData(nameof(FrozenCases))]
    public void Steps_FrozenParameters_FollowTheCpusCourseAndKeepTheirValues(string policy, string frozen)
    {
        Network onCard = Network(ActivationKind.Gelu), onCpu = Network(ActivationKind.Gelu);
        float[][] before = [.. onCard.Parameters.Select(parameter => (float[])parameter.Values.Clone())];
        AssertSameCourse(FrozenCourse(Cpu, policy, onCpu, frozen), FrozenCourse(Device, policy, onCard, frozen), policy);

        foreach ((Parameter parameter, float[] values) in onCard.Parameters.Zip(before))
        {
            bool keeps = parameter.Name.StartsWith(frozen, StringComparison.Ordinal);
            Assert.AreEqual(keeps, parameter.Values.SequenceEqual(values), parameter.Name);
        }
    }

    /// <summary>A step that commits nothing draws nothing: the step behind it has its masks.</summary>
    [TestMethod]
    public void Skip_NonFiniteRow_LeavesTheMasksWhereTheyWere()
    {
        float[] Trained(bool skips)
        {
            using RowStore store = Store("mixed_float16");
            store.Append([.. Enumerable.Repeat(float.NaN, store.Features)], 0, 1f);
            Network network = ResidualNetwork();
            using TrainingPlan plan = Plan(Device, "mixed_float16", network, Batch);
            for (int i = 0; i < 3; i++)
            {
                plan.Step(store, Examples.Rows(Batch), 1e-3f);
                if (skips)
                {
                    plan.Step(store, [store.Rows - 1, .. Examples.Rows(Batch - 1), 2, 3, 4], 1e-3f);
                }
            }

            plan.Steps.Synchronize();
            Assert.AreEqual(skips ? 3 : 0, plan.State.Skips);
            return Weights(plan, network);
        }

        CollectionAssert.AreEqual(Trained(skips: false), Trained(skips: true));
    }

    /// <summary>The card follows the CPU's running statistics through skipped steps and micro-batches.</summary>
    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void BatchNorm_SkippedStepsAndMicroBatches_CommitsTheCpusStatistics(string policy)
    {
        float[] expected = Statistics(Cpu, policy, skips: true), actual = Statistics(Device, policy, skips: true);
        double tolerance = policy == "float32" ? 1e-5 : policy == "mixed_bfloat16" ? 3e-2 : 4e-3;
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerance.AssertClose(expected[i], actual[i], tolerance, tolerance, $"statistic {i}");
        }

        CollectionAssert.AreEqual(Statistics(Device, policy, skips: false), actual, "a skipped step changed something");
    }

    private float[] Statistics(Device device, string policy, bool skips)
    {
        using RowStore store = Store(policy);
        store.Append([.. Enumerable.Repeat(float.NaN, store.Features)], 0, 1f);
        Network network = Network(normalization: NormalizationKind.BatchNorm);
        // AdamW divides by the size of a gradient, and so shows the rounding of the smallest ones, which the running means hold.
        using TrainingPlan plan = Plan(
            device,
            policy,
            network,
            Batch,
            settings => settings with { Optimizer = settings.Optimizer with { Kind = OptimizerKind.Sgd } });
        foreach (int rows in new[] { 21, 3, 1 })
        {
            plan.Steps.Prepare(rows);
        }

        for (int i = 0; i < 3; i++)
        {
            plan.Step(store, Examples.Rows(Batch + 21), 1e-3f);
            if (skips)
            {
                plan.Step(store, [.. Examples.Rows(Batch), 0, 1, store.Rows - 1], 1e-3f);
            }

            // One row leaves the statistics as they are committed.
            plan.Step(store, [5], 1e-3f);
        }

        plan.Steps.Synchronize();
        plan.Store();
        Assert.AreEqual(skips ? 3 : 0, plan.State.Skips);
        return [.. network.Stored.Where(matrix => matrix is LayerState).SelectMany(matrix => matrix.Values)];
    }

    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void Steps_SameSeedTwice_GiveTheSameBits(string policy)
    {
        float[] first = Trained(policy), second = Trained(policy);

        CollectionAssert.AreEqual(first, second);
    }

    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void Steps_BranchesOverlappedOrInTurn_GiveTheSameBits(string policy)
    {
        float[] inTurn = Trained(
            policy,
            change: settings => settings with { Branches = false }), overlapped = Trained(
                policy, change: settings => settings with { Branches = true });

        CollectionAssert.AreEqual(inTurn, overlapped);
    }

    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void MicroBatches_OfOneStep_GiveTheStepOfAllRows(string policy)
    {
        using RowStore store = Store(policy, weights: true);
        Network whole = Network(), parts = Network();
        static PlanSettings Weighted(PlanSettings settings) => settings with { HasWeights = true };
        using TrainingPlan one = Plan(Device, policy, whole, 192, Weighted), three = Plan(Device, policy, parts, 64, Weighted);
        Train(one, store, 1, 192);
        Train(three, store, 1, 64, microBatches: 3);

        List<StepRecord> expected = Records(one), actual = Records(three);
        Assert.HasCount(2, expected);
        Assert.AreEqual(expected[0].Rows, actual[0].Rows);
        Tolerance.AssertClose(expected[0].Loss, actual[0].Loss, 0, policy == "float32" ? 1e-6 : 1e-2, "loss");
        Tolerance.AssertClose(expected[0].Norm, actual[0].Norm, 0, policy == "float32" ? 1e-5 : 2e-2, "norm");
    }

    /// <summary>Positions that are not the rows come with the step, and its graph with any: half of a step's loss for twice the
    /// positions.</summary>
    [TestMethod]
    [DataRow(null)]
    [DataRow(0L)]
    public void Positions_ThatVary_DivideTheLossAndAreRecorded(long? mostDataBytes)
    {
        using RowStore store = Store("float32");
        using TrainingPlan plan = Plan(
            Device,
            "float32",
            Network(),
            Batch,
            settings => settings with { MostDataBytes = mostDataBytes });
        int[] positions = [2 * Batch, 4 * Batch, Batch, 8 * Batch, 4 * Rows, Rows, 2 * Rows];
        foreach (int divisor in positions)
        {
            plan.Steps.BeginEpoch(store, Examples.Rows(Rows));
            plan.Steps.Take(new StepRequest(divisor % Rows == 0 ? Rows : Batch) { Positions = divisor });
        }

        List<StepRecord> records = Records(plan);
        CollectionAssert.AreEqual(positions, records.Select(record => record.Positions).ToArray());
        foreach (StepRecord record in records)
        {
            StepRecord whole = records.Single(other => other.Rows == record.Rows && other.Positions == other.Rows);
            Tolerance.AssertClose(whole.Loss * whole.Rows / record.Positions, record.Loss, 0, 1e-12, $"{record.Positions} positions");
        }
    }

    [TestMethod]
    public void Skip_OverflowOnTheCard_FollowsTheCpusScaleAndChangesNoWeight()
    {
        PrecisionPolicy policy = PrecisionPolicy.MixedFloat16;
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 16777216, growthInterval: 3).Resolve(policy);
        using RowStore store = Store("mixed_float16");
        Network onCpu = Network(), onCard = Network();
        using TrainingPlan cpu = Plan(Cpu, "mixed_float16", onCpu, Batch, settings => settings with { LossScale = rule });
        using TrainingPlan card = Plan(Device, "mixed_float16", onCard, Batch, settings => settings with { LossScale = rule });
        float[] before = Weights(card, onCard);
        Train(card, store, 1, Batch);
        Train(cpu, store, 1, Batch);
        List<StepRecord> expected = Records(cpu), actual = Records(card);

        Assert.IsTrue(actual.Exists(record => record.FirstNonFinite != NonFinite.None), "the test needs an overflow");
        CollectionAssert.AreEqual(
            expected.Select(record => (record.Scale, record.FirstNonFinite == NonFinite.None)).ToArray(),
            actual.Select(record => (record.Scale, record.FirstNonFinite == NonFinite.None)).ToArray());
        Assert.AreEqual(cpu.Scale, card.Scale);
        if (actual.TrueForAll(record => record.FirstNonFinite != NonFinite.None))
        {
            CollectionAssert.AreEqual(before, Weights(card, onCard));
        }
    }

    [TestMethod]
    public void Skip_NonFiniteRow_LeavesWeightsAndMomentsBitForBit()
    {
        using RowStore store = Store("mixed_float16");
        store.Append([.. Enumerable.Repeat(float.NaN, store.Features)], 0, 1f);
        Network network = Network();
        using TrainingPlan plan = Plan(Device, "mixed_float16", network, Batch);
        plan.Step(store, Examples.Rows(Batch), 1e-3f);
        byte[][] before = Arenas(plan);
        plan.Step(store, [0, 1, store.Rows - 1], 1e-3f);
        plan.Steps.Synchronize();

        Assert.AreEqual(1, plan.State.Skips);
        Assert.AreEqual(NonFinite.Logits, Records(plan)[^1].FirstNonFinite);
        byte[][] after = Arenas(plan);
        for (int i = 0; i < before.Length; i++)
        {
            CollectionAssert.AreEqual(before[i], after[i]);
        }
    }

    [TestMethod]
    [DataRow(OptimizerKind.AdamW, WeightUpdate.Master)]
    [DataRow(OptimizerKind.AdamW, WeightUpdate.Plain)]
    [DataRow(OptimizerKind.Sgd, WeightUpdate.Master)]
    [DataRow(OptimizerKind.Sgd, WeightUpdate.Plain)]
    public void Optimizer_ClippedSteps_FollowTheCpu(OptimizerKind kind, WeightUpdate update)
    {
        OptimizerSettings optimizer = Examples.AdamW with { Kind = kind, Momentum = 0.9f, Nesterov = true };
        PrecisionPolicy policy = PrecisionPolicy.MixedBFloat16.WithWeightUpdate(update);
        using RowStore store = Store("mixed_bfloat16");
        Network onCpu = Network(), onCard = Network();
        PlanSettings Change(PlanSettings settings) => settings with
        {
            Policy = policy,
            Optimizer = optimizer,
            ClipNorm = 0.5f,
            ClipValue = 0.05f,
        };
        using TrainingPlan cpu = Plan(Cpu, "mixed_bfloat16", onCpu, Batch, Change), card = Plan(
            Device,
            "mixed_bfloat16",
            onCard,
            Batch,
            Change);
        Train(cpu, store, 2, Batch);
        Train(card, store, 2, Batch);
        List<StepRecord> expected = Records(cpu), actual = Records(card);

        for (int i = 0; i < expected.Count; i++)
        {
            Tolerance.AssertClose(expected[i].Coefficient, actual[i].Coefficient, 0, 0.02 * (1 + i), $"coefficient of step {i}");
        }

        Assert.IsTrue(expected.Exists(record => record.Coefficient < 1), "the test needs clipping");
        Assert.AreEqual(cpu.State.Updates, card.State.Updates);
        Tolerance.AssertClose(cpu.State.LostUpdates, card.State.LostUpdates, 5, 0.02, "lost updates");
    }

    [TestMethod]
    public void Streamed_RowsThatDoNotFit_GiveTheBitsOfResidentOnes()
    {
        float[] resident = Trained("mixed_bfloat16", weights: true), streamed = Trained(
            "mixed_bfloat16",
            weights: true,
            settings => settings with { MostDataBytes = 0 });

        CollectionAssert.AreEqual(resident, streamed);
    }

    [TestMethod]
    public void Enqueue_StreamHeldByASpinningKernel_TakesAHundredSteps()
    {
        using RowStore store = Store("mixed_bfloat16");
        using TrainingPlan plan = Plan(Device, "mixed_bfloat16", Network(), Rows);
        plan.Steps.BeginEpoch(store, [.. Enumerable.Range(0, 102).SelectMany(_ => Examples.Rows(Rows))]);
        Step();
        plan.Steps.Synchronize();
        using var spin = new SpinningKernel(Device);
        spin.Start();
        for (int i = 0; i < 100; i++)
        {
            Step();
        }

        Assert.IsTrue(spin.IsSpinning, "the host waited for the card");
        spin.Release();
        plan.Steps.Synchronize();
        Assert.AreEqual(101, plan.Run.Attempts);
        Assert.AreEqual(101L * Rows, plan.Run.Cursor);

        void Step() => plan.Steps.Take(new StepRequest(Rows) { LearningRate = 1e-3f });
    }

    [TestMethod]
    public void Steps_AThousand_TakeNoMoreMemoryOnEitherSide()
    {
        using RowStore store = Store("mixed_float16");
        using TrainingPlan plan = Plan(Device, "mixed_float16", Network(), Batch);
        Train(plan, store, 1, Batch);
        plan.Steps.Synchronize();
        (long before, _) = Device.Context.ReadMemory();
        Train(plan, store, 250, Batch);
        plan.Steps.Synchronize();
        Assert.AreEqual(1004, plan.Run.Attempts);
        Assert.AreEqual(before, Device.Context.ReadMemory().Free);
    }

    /// <summary>A card copies rows as they are: those of another format would be other numbers.</summary>
    [TestMethod]
    public void Stage_RowsInAnotherFormat_SaysWhichIsWanted()
    {
        using RowStore store = Store("mixed_float16");
        using TrainingPlan plan = Plan(Device, "float32", Network(), Batch);

        var error = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.Stage(store));

        StringAssert.Contains(error.Message, "takes 13 numbers in Float32; the rows' column is 'features': 13 numbers in Float16");
    }

    private static Network Network(
        ActivationKind activation = ActivationKind.Relu,
        NormalizationKind normalization = NormalizationKind.None)
        => Examples.Network(13, [40, 24], 5, activation, normalization: normalization);

    /// <summary>A shortcut around the first layer, whose input has no gradient, and one around the last; dropout behind every
    /// layer.</summary>
    private static Network ResidualNetwork(NormalizationKind normalization = NormalizationKind.None)
        => Examples.Network(13, [13, 24, 24], 5, ActivationKind.Silu, normalization: normalization, residual: true, dropout: 0.2f);

    private RowStore Store(string policy, bool weights = false)
        => Examples.Clusters(Cpu, PrecisionPolicy.Parse(policy).ComputeFormat, Rows, features: 13, classes: 5, weights: weights);

    private List<StepRecord> Course(Device device, string policy, Network network, int microBatches = 1)
    {
        using RowStore store = Store(policy);
        using TrainingPlan plan = Plan(device, policy, network, Batch / microBatches, settings => settings with { Seed = 9 });
        Train(plan, store, 2, Batch / microBatches, microBatches);
        return Records(plan);
    }

    private List<StepRecord> FrozenCourse(Device device, string policy, Network network, string frozen)
    {
        using RowStore store = Store(policy);
        using TrainingPlan plan = Plan(device, policy, network, Batch, settings => settings with
        {
            Frozen = network.Parameters.Where(parameter => parameter.Name.StartsWith(frozen, StringComparison.Ordinal)).ToHashSet(),
        });
        Train(plan, store, 2, Batch);
        List<StepRecord> records = Records(plan);
        plan.Store();
        return records;
    }

    private float[] Trained(string policy, bool weights = false, Func<PlanSettings, PlanSettings>? change = null)
    {
        using RowStore store = Store(policy, weights);
        Network network = Network();
        using TrainingPlan plan = Plan(
            Device,
            policy,
            network,
            Batch,
            settings => (change?.Invoke(settings) ?? settings) with { HasWeights = weights });
        Train(plan, store, 5, Batch);
        return Weights(plan, network);
    }

    private unsafe byte[][] Arenas(TrainingPlan plan)
    {
        plan.Steps.Synchronize();
        return [.. plan.Parameters.Slots.SelectMany(slot => new[]
        {
            Download((nint)plan.Parameters.Master(slot), slot.Elements * sizeof(float)),
            Download((nint)plan.Parameters.Shadow(slot), slot.Elements * sizeof(ushort)),
            Download((nint)plan.Parameters.First(slot), slot.Elements * sizeof(float)),
            Download((nint)plan.Parameters.Second(slot), slot.Elements * sizeof(float)),
        })];
    }

    private byte[] Download(nint address, long bytes)
    {
        var copy = new byte[bytes];
        Device.Read<byte>(address, copy);
        return copy;
    }
}
