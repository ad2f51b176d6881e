using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Running statistics in whole steps: staged by every micro-batch, committed with the step, saved with the network.</summary>
[TestClass]
public sealed unsafe class BatchNormStepTests
{
    private const int Rows = 40;
    private const int Features = 5;

    [TestMethod]
    [DataRow("float32", 2e-6)]
    [DataRow("mixed_float16", 2e-3)]
    public void Commit_StepsOfMicroBatches_FollowTheFormula(string policy, double tolerance)
    {
        // The first product's weights stay as they are at a rate of 0, so that every batch of the formula is x·Wᵀ + b with the same W.
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, policy);
        Network network = Network();
        using TrainingPlan plan = Plan(device, policy, network, batch: 13);
        double[][] z = Products(store, network);
        double[] mean = new double[8], variance = [.. Enumerable.Repeat(1.0, 8)];
        foreach (int rows in new[] { 13, 20, 27, 1, 40 })
        {
            for (int at = 0; at < rows; at += 13)
            {
                Update(z[at..Math.Min(rows, at + 13)], mean, variance);
            }

            plan.Step(store, Examples.Rows(rows), 0f);
            plan.Store();
            for (int column = 0; column < 8; column++)
            {
                Assert.AreEqual(mean[column], Statistic(network, "running_mean")[column], tolerance,
                    $"mean {column} behind a step of {rows}");
                Assert.AreEqual(variance[column], Statistic(network, "running_var")[column], tolerance * 2,
                    $"variance {column} behind a step of {rows}");
            }
        }
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("mixed_float16")]
    public void Commit_SkippedStep_LeavesTheStatisticsBitForBit(string policy)
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, policy);
        store.Append([.. Enumerable.Repeat(float.NaN, Features)], 0, 1f);
        Network undisturbed = Network(), skipping = Network();
        using TrainingPlan expected = Plan(device, policy, undisturbed), actual = Plan(device, policy, skipping);
        Step(expected, store);
        Step(actual, store);
        actual.Store();
        float[] before = [.. skipping.Stored.SelectMany(matrix => matrix.Values)];
        actual.Step(store, [.. Examples.Rows(25), 0, 1, Rows], 1e-2f);
        actual.Store();

        Assert.AreEqual(1, actual.State.Skips, "the test needs a skipped step");
        CollectionAssert.AreEqual(before, skipping.Stored.SelectMany(matrix => matrix.Values).ToArray());

        // The step behind it starts from the committed statistics, not from the staged ones.
        Step(expected, store);
        Step(actual, store);
        expected.Store();
        actual.Store();
        CollectionAssert.AreEqual(
            undisturbed.Stored.SelectMany(matrix => matrix.Values).ToArray(),
            skipping.Stored.SelectMany(matrix => matrix.Values).ToArray());
        CollectionAssert.AreNotEqual(before, undisturbed.Stored.SelectMany(matrix => matrix.Values).ToArray());
    }

    [TestMethod]
    public void Commit_AfterAOneRowBatchBehindASkippedStep_KeepsTheCommittedStatistics()
    {
        // One row stages what it starts from: the committed statistics, not those that the skipped step has left.
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, "float32");
        store.Append([.. Enumerable.Repeat(float.NaN, Features)], 0, 1f);
        Network network = Network();
        using TrainingPlan plan = Plan(device, "float32", network);
        Step(plan, store);
        plan.Store();
        float[] before = [.. Statistic(network, "running_mean"), .. Statistic(network, "running_var")];
        plan.Step(store, [0, 1, Rows], 1e-2f);
        plan.Step(store, [2], 1e-2f);
        plan.Store();

        Assert.AreEqual((2L, 1L), (plan.State.Step, plan.State.Skips));
        CollectionAssert.AreEqual(before, (float[])[.. Statistic(network, "running_mean"), .. Statistic(network, "running_var")]);
    }

    [TestMethod]
    public void Prepare_BetweenSteps_ChangesNoStatistic()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, "mixed_float16");
        Network undisturbed = Network(), prepared = Network();
        using TrainingPlan expected = Plan(device, "mixed_float16", undisturbed), actual = Plan(device, "mixed_float16", prepared);
        Step(expected, store);
        Step(actual, store);
        actual.Steps.Prepare(3);
        Step(expected, store);
        Step(actual, store);
        expected.Store();
        actual.Store();

        CollectionAssert.AreEqual(
            undisturbed.Stored.SelectMany(matrix => matrix.Values).ToArray(),
            prepared.Stored.SelectMany(matrix => matrix.Values).ToArray());
    }

    [TestMethod]
    public void Accumulate_OneRow_IsNormalisedToTheShift()
    {
        // γ·0 + β = β: all rows have the same logits and so the same loss.
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, "float32");
        using TrainingPlan plan = Plan(device, "float32", Network());
        double[] losses = [.. Enumerable.Range(0, 3).Select(_ => Array.FindIndex(Labels(store), label => label == 0)).Select(Loss)];

        Assert.AreEqual(Math.Log(3), losses[0], 1e-6, "β and the last bias are 0");
        Assert.AreEqual(losses[0], losses[1]);

        double Loss(int row)
        {
            plan.Accumulate(store, [row]);
            return plan.State.Loss;
        }
    }

    [TestMethod]
    public void Run_LastBatchOfOneRow_TrainsAndScores()
    {
        using var device = new CpuDevice(2);
        using RowStore store = Store(device, "mixed_float16");
        Network network = Network();
        var options = new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, Epochs = 12, BatchSize = 13, LearningRate = 1e-2f };
        TrainingResult result = LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });

        Assert.IsTrue(double.IsFinite(result.History[^1].Loss) && result.History[^1].Loss < result.History[0].Loss);
        Assert.IsTrue(network.Stored.All(matrix => Array.TrueForAll(matrix.Values, float.IsFinite)));
    }

    [TestMethod]
    public void CopyFrom_TrainedNetwork_TakesItsStatisticsAndAnyDropout()
    {
        Network from = Examples.Network(Features, [8], 3, normalization: NormalizationKind.BatchNorm, dropout: 0.5f), to = Network();
        Statistic(from, "running_mean")[3] = 7f;
        to.CopyFrom(from);

        Assert.AreEqual(7f, Statistic(to, "running_mean")[3]);
    }

    [TestMethod]
    public void Initialize_BatchNorm_HasWhatItIsDocumentedToHave()
    {
        Network network = Network();

        CollectionAssert.AreEqual(
            new[]
            {
                "hidden.0.weight",
                "hidden.0.bias",
                "hidden.0.norm.weight",
                "hidden.0.norm.bias",
                "output.weight",
                "output.bias",
                "hidden.0.norm.running_mean",
                "hidden.0.norm.running_var",
            },
            network.Stored.Select(matrix => matrix.Name).ToArray());
        Assert.IsTrue(Statistic(network, "weight").All(value => value == 1) && Statistic(network, "bias").All(value => value == 0));
        Assert.IsTrue(
            Statistic(network, "running_mean").All(value => value == 0) && Statistic(network, "running_var").All(value => value == 1));
        Assert.IsTrue(
            network.Parameters.Where(
                parameter => parameter.Name.Contains("norm", StringComparison.Ordinal)).All(parameter => !parameter.Decays));
        Assert.AreEqual("5 numbers, Linear 8, BatchNorm, Relu, Linear 3", network.Spec.ToString());
    }

    /// <summary>One micro-batch of the formula, in double precision.</summary>
    private static void Update(double[][] z, double[] mean, double[] variance)
    {
        for (int column = 0; column < mean.Length && z.Length > 1; column++)
        {
            double average = z.Average(row => row[column]);
            mean[column] = (0.9 * mean[column]) + (0.1 * average);
            variance[column] = (0.9 * variance[column])
                + (0.1 * z.Sum(row => (row[column] - average) * (row[column] - average)) / (z.Length - 1));
        }
    }

    /// <summary>x·Wᵀ + b of the first layer for every row of the store.</summary>
    private static double[][] Products(RowStore store, Network network)
    {
        using var device = new CpuDevice(1);
        int pitch = Tensor.PitchOf(Features, NumericFormat.Float32);
        using DeviceMemory memory = device.Allocate((long)store.Rows * pitch * sizeof(float));
        var x = new Tensor(memory.Address, NumericFormat.Float32, store.Rows, Features, pitch);
        store.Gather(Examples.Rows(store.Rows), x, new int[store.Rows], default);
        float[] weight = network.Parameters[0].Values;
        return [
            .. Enumerable.Range(0, store.Rows).Select(
                row => Enumerable.Range(0, 8)
                    .Select(
                        column => Enumerable.Range(0, Features).Sum(i => (double)((float*)x.Row(row))[i] * weight[(column * Features) + i]))
                    .ToArray())];
    }

    private static int[] Labels(RowStore store)
    {
        using var device = new CpuDevice(1);
        int pitch = Tensor.PitchOf(Features, NumericFormat.Float32);
        using DeviceMemory memory = device.Allocate((long)store.Rows * pitch * sizeof(float));
        var labels = new int[store.Rows];
        store.Gather(
            Examples.Rows(store.Rows),
            new Tensor(memory.Address, NumericFormat.Float32, store.Rows, Features, pitch),
            labels,
            default);
        return labels;
    }

    private static float[] Statistic(Network network, string name)
        => network.Stored.Single(matrix => matrix.Name == "hidden.0.norm." + name).Values;

    private static Network Network() => Examples.Network(Features, [8], 3, normalization: NormalizationKind.BatchNorm);

    private static RowStore Store(CpuDevice device, string policy)
        => Examples.Clusters(device, PrecisionPolicy.Parse(policy).ComputeFormat, Rows, Features, classes: 3);

    private static TrainingPlan Plan(CpuDevice device, string policyName, Network network, int batch = 25)
    {
        LossScaleRule rule = LossScaling.Static(64).Resolve(PrecisionPolicy.MixedFloat16);
        return new TrainingPlan(network, new PlanSettings(PrecisionPolicy.Parse(policyName), rule, Examples.AdamW, batch), device);
    }

    private static void Step(TrainingPlan plan, RowStore store) => plan.Step(store, Examples.Rows(Rows), 1e-2f);
}
