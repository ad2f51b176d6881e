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

/// <summary>A Transformer on rows of different length: steps on a card beside those on the CPU, rows resident or streamed.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaTextTests : CudaDeviceTest
{
    private const int Rows = 90, Batch = 16, Most = 40, Vocabulary = 50, Classes = 3, Steps = 24;

    /// <summary>Policy × share that is dropped × how far losses may be apart, as steps add up what rounding differs.</summary>
    public static IEnumerable<object[]> Cases =>
    [
        ["float32", 0f, 2e-4], ["float32", 0.2f, 2e-4], ["tensorfloat32", 0f, 0.02], ["mixed_float16", 0f, 0.02],
        ["mixed_float16", 0.2f, 0.02], ["mixed_bfloat16", 0f, 0.1], ["mixed_bfloat16", 0.2f, 0.1],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Steps_OnTheCard_FollowTheCpu(string policy, float dropout, double tolerance)
    {
        double[] expected = Train(Cpu, policy, dropout), actual = Train(Device, policy, dropout);

        for (int step = 0; step < Steps; step++)
        {
            Assert.AreEqual(expected[step], actual[step], tolerance, $"step {step}");
        }

        CollectionAssert.AreEqual(actual, Train(Device, policy, dropout), "the same bits again");
        CollectionAssert.AreEqual(actual, Train(Device, policy, dropout, streams: true), "rows that are brought over batch by batch");
        Assert.IsLessThan(0.7 * actual[0], actual[^1], "something is learned");
    }

    /// <summary>Two batches, the second one smaller: of the rows that the card computes besides nothing may be read.</summary>
    [TestMethod]
    public void Validation_SeveralBatches_GivesTheFiguresOfTheCpu()
    {
        const int Many = 700;
        using RowStore store = Store(Many);
        var network = new Network(new Transformer(
            new TokensInput(RowSchema.Features, Most, Vocabulary), Layers: 1, Width: 64, Heads: 2, Hidden: 96, Classes).ToSpec());
        network.Initialize(5);
        int[] rows = [.. Enumerable.Range(0, Many)];

        ValidationFigures expected = new Validation(store, rows, Cpu, new CrossEntropyLoss()).Run(network);
        ValidationFigures actual = new Validation(store, rows, Device, new CrossEntropyLoss()).Run(network);

        Assert.AreEqual(expected.Loss, actual.Loss, 1e-5);
        Assert.AreEqual(expected.Accuracy!.Value, actual.Accuracy!.Value, 2.0 / Many, "a tie or two");
    }

    private double[] Train(Device device, string policyText, float dropout, bool streams = false)
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyText);
        var network = new Network(new Transformer(
            new TokensInput(RowSchema.Features, Most, Vocabulary), Layers: 2, Width: 64, Heads: 2, Hidden: 96, Classes, dropout).ToSpec());
        network.Initialize(5);
        using RowStore store = Store(Rows);
        using var plan = new TrainingPlan(
            network,
            new PlanSettings(
                policy,
                LossScaling.Auto.Resolve(policy),
                new OptimizerSettings(OptimizerKind.AdamW, 1e-2f, 0.9f, 0.98f, 1e-8f, 0f, false),
                Batch)
            {
                BatchSteps = store.MostSteps(Batch),
                MostDataBytes = streams ? 0 : null,
                Seed = 3,
            },
            device);
        double[] losses = new double[Steps];
        int[] order = [.. Enumerable.Range(0, Rows)];
        for (int step = 0; step < Steps; step++)
        {
            if (step % 4 == 0)
            {
                new Random(step).Shuffle(order);
                plan.Steps.BeginEpoch(store, order);
            }

            // The last step of an epoch has two micro-batches, the second of them smaller.
            plan.Steps.Take(new StepRequest(step % 4 == 3 ? Batch + 9 : Batch) { LearningRate = 3e-3f });
            plan.Steps.Synchronize();
            losses[step] = plan.State.Loss;
        }

        return losses;
    }

    /// <summary>A row's class is that of its first token, but for rows without tokens.</summary>
    private RowStore Store(int rows)
    {
        var random = new Random(2);
        var store = new RowStore(Cpu, RowSchema.Sequences(Most, Vocabulary, hasWeights: false, targetNumbers: null));
        for (int row = 0; row < rows; row++)
        {
            float[] tokens = new float[Most];
            int length = row % 11 == 0 ? 0 : random.Next(1, Most + 1);
            for (int t = 0; t < length; t++)
            {
                tokens[t] = 1 + random.Next(Vocabulary);
            }

            store.Append(tokens, (int)tokens[0] % Classes, 1);
        }

        return store;
    }
}
