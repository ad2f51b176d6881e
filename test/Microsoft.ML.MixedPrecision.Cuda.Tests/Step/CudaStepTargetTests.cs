using Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;
using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>A class for some steps of rows of different length: steps on a card beside those on the CPU, rows resident or
/// streamed.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaStepTargetTests : CudaDeviceTest
{
    private const int Rows = 90, Batch = 16, Most = 40, Vocabulary = 50, Classes = 3, Steps = 24;

    /// <summary>Policy × whether steps have weights × how far losses may be apart, as steps add up what rounding differs.</summary>
    public static IEnumerable<object[]> Cases =>
    [
        ["float32", false, 2e-4], ["float32", true, 2e-4], ["mixed_float16", false, 0.02], ["mixed_float16", true, 0.02],
        ["mixed_bfloat16", true, 0.1],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Steps_OnTheCard_FollowTheCpu(string policy, bool hasWeights, double tolerance)
    {
        double[] expected = Train(Cpu, policy, hasWeights), actual = Train(Device, policy, hasWeights);

        for (int step = 0; step < Steps; step++)
        {
            Assert.AreEqual(expected[step], actual[step], tolerance, $"step {step}");
        }

        CollectionAssert.AreEqual(actual, Train(Device, policy, hasWeights), "the same bits again");
        CollectionAssert.AreEqual(actual, Train(Device, policy, hasWeights, streams: true), "rows that are brought over batch by batch");
        Assert.IsLessThan(0.7 * actual[0], actual[^1], "something is learned");
    }

    /// <summary>Two batches, the second one smaller: of the rows that the card computes besides nothing may be counted.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Validation_SeveralBatches_GivesTheFiguresOfTheCpu(bool hasWeights)
    {
        const int Many = 700;
        using RowStore store = Store(Many, hasWeights);
        Network network = Network();
        int[] rows = [.. Enumerable.Range(0, Many)];
        var loss = new CrossEntropyLoss(0, areKeys: true);

        ValidationFigures expected = new Validation(store, rows, Cpu, loss).Run(network);
        ValidationFigures actual = new Validation(store, rows, Device, loss).Run(network);

        Assert.AreEqual(expected.Loss, actual.Loss, 1e-5);
        Assert.AreEqual(expected.Accuracy!.Value, actual.Accuracy!.Value, 2.0 / store.PositionsOf(rows), "a tie or two");
    }

    private static Network Network()
    {
        var network = new Network(new Transformer(
            new TokensInput(RowSchema.Features, Most, Vocabulary),
            Layers: 1,
            Width: 64,
            Heads: 2,
            Hidden: 96,
            Classes,
            Pooling: null).ToSpec());
        network.Initialize(5);
        return network;
    }

    private double[] Train(Device device, string policyText, bool hasWeights, bool streams = false)
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyText);
        using RowStore store = Store(Rows, hasWeights);
        PlanSettings settings = new PlanSettings(
            policy,
            LossScaling.Auto.Resolve(policy),
            new OptimizerSettings(OptimizerKind.AdamW, 1e-2f, 0.9f, 0.98f, 1e-8f, 0f, false),
            Batch)
        {
            Loss = new CrossEntropyLoss(0.1f, areKeys: true),
            MostDataBytes = streams ? 0 : null,
            Seed = 3,
        }.For(store);
        using var plan = new TrainingPlan(Network(), settings, device);
        double[] losses = new double[Steps];
        int[] order = [.. Enumerable.Range(0, Rows)];
        int at = 0;
        for (int step = 0; step < Steps; step++)
        {
            if (step % 4 == 0)
            {
                new Random(step).Shuffle(order);
                plan.Steps.BeginEpoch(store, order);
                at = 0;
            }

            // The last step of an epoch has two micro-batches, the second of them smaller.
            ReadOnlySpan<int> rows = order.AsSpan(at, step % 4 == 3 ? Batch + 9 : Batch);
            at += rows.Length;
            plan.Steps.Take(new StepRequest(rows.Length) { Positions = (int)store.PositionsOf(rows), LearningRate = 3e-3f });
            plan.Steps.Synchronize();
            losses[step] = plan.State.Loss;
        }

        return losses;
    }

    /// <summary>A step's class is that of its token and the one before; every fourth has none.</summary>
    private RowStore Store(int rows, bool hasWeights)
    {
        var random = new Random(2);
        var store = new RowStore(Cpu, RowSchema.StepClasses(Most, Vocabulary, Classes, hasWeights));
        for (int row = 0; row < rows; row++)
        {
            float[] tokens = new float[Most];
            int length = row % 11 == 0 ? 0 : random.Next(1, Most + 1);
            int[] targets = new int[length];
            float[] weights = new float[length];
            for (int t = 0; t < length; t++)
            {
                tokens[t] = 1 + random.Next(Vocabulary);
                targets[t] = t % 4 == 3 ? 0 : 1 + ((int)(tokens[t] + tokens[Math.Max(t - 1, 0)]) / 2 * Classes / (Vocabulary + 1));
                weights[t] = random.Next(1, 4);
            }

            store.AppendSteps(new RowFeatures(tokens), targets, hasWeights ? weights : []);
        }

        return store;
    }
}
