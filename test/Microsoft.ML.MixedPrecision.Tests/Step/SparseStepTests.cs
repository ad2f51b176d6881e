using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Training and validation on sparse rows are those on the same rows with all their zeros.</summary>
[TestClass]
public sealed class SparseStepTests
{
    private const int Rows = 150, Batch = 32;

    /// <summary>Decay and no momentum, so that a step depends on nothing but the weights.</summary>
    private static readonly OptimizerSettings Sgd = new(OptimizerKind.Sgd, 1e-2f, 0.9f, 0.999f, 1e-8f, 0f, false);

    [TestMethod]
    [DataRow("float32", 1, 2e-4)]
    [DataRow("float32", 3, 2e-4)]
    [DataRow("mixed_bfloat16", 2, 3e-2)]
    [DataRow("mixed_float16", 2, 1e-2)]
    public void Steps_OnSparseRows_LearnWhatTheDenseOnesTeach(string policyName, int threads, double tolerance)
    {
        using var device = new CpuDevice(threads);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        (RowStore sparse, RowStore dense) = SparseCase.Stores(device, policy.ComputeFormat, Rows);
        using (sparse)
        using (dense)
        {
            (Network bag, Network product) = SparseCase.Networks();
            float[] before = SparseCase.WeightsOf(bag);
            Train(device, policy, Sgd, bag, sparse, epochs: 4);
            Train(device, policy, Sgd, product, dense, epochs: 4);

            float[] expected = SparseCase.WeightsOf(product), actual = SparseCase.WeightsOf(bag);
            Assert.IsGreaterThan(0.1, expected.Zip(before, (one, other) => Math.Abs(one - other)).Max());
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], tolerance, $"weight {i}");
            }
        }
    }

    /// <summary>The first step of AdamW: rows of the table whose slots the batch has move as the product's weights do, all others stay,
    /// where those decay.</summary>
    [TestMethod]
    public void Step_OfAdamW_LeavesTheSlotsAloneThatTheBatchDoesNotHave()
    {
        using var device = new CpuDevice(2);
        (RowStore sparse, RowStore dense) = SparseCase.Stores(device, NumericFormat.Float32, Batch);
        using (sparse)
        using (dense)
        {
            (Network bag, Network product) = SparseCase.Networks();
            float[] before = SparseCase.WeightsOf(bag);
            Train(device, PrecisionPolicy.Float32, Examples.AdamW, bag, sparse, epochs: 1);
            Train(device, PrecisionPolicy.Float32, Examples.AdamW, product, dense, epochs: 1);
            float[] expected = SparseCase.WeightsOf(product), actual = SparseCase.WeightsOf(bag);
            bool[] isSeen = new bool[SparseCase.Slots];
            for (int row = 0; row < Batch; row++)
            {
                ReadOnlySpan<float> features = dense.Features32(row);
                for (int slot = 0; slot < isSeen.Length; slot++)
                {
                    isSeen[slot] |= features[slot] != 0;
                }
            }

            Assert.IsTrue(isSeen.Contains(true) && isSeen.Contains(false));
            int table = bag.Bag!.Columns * SparseCase.Slots;
            for (int i = 0; i < expected.Length; i++)
            {
                bool stays = i < table && !isSeen[i % SparseCase.Slots];
                Assert.AreEqual(stays ? before[i] : expected[i], actual[i], stays ? 0 : 2e-5, $"weight {i}");
                Assert.AreNotEqual(before[i], expected[i], $"the product's weight {i} moves");
            }
        }
    }

    [TestMethod]
    public void Validation_OfSparseRows_IsThatOfTheDenseOnes()
    {
        using var device = new CpuDevice(2);
        (RowStore sparse, RowStore dense) = SparseCase.Stores(device, NumericFormat.Float32, Rows);
        using (sparse)
        using (dense)
        {
            (Network bag, Network product) = SparseCase.Networks();
            var loss = new CrossEntropyLoss();
            ValidationFigures expected = new Validation(dense, Examples.Rows(Rows), device, loss).Run(product);

            ValidationFigures actual = new Validation(sparse, Examples.Rows(Rows), device, loss).Run(bag);

            Assert.AreEqual(expected.Loss, actual.Loss, 1e-6);
            Assert.AreEqual(expected.Accuracy, actual.Accuracy);
        }
    }

    [TestMethod]
    public void BeginEpoch_OfALongerRowThanThePlanIsFor_SaysSo()
    {
        using var device = new CpuDevice(1);
        (RowStore sparse, RowStore dense) = SparseCase.Stores(device, NumericFormat.Float32, Rows);
        using (sparse)
        using (dense)
        {
            using TrainingPlan plan = Plan(device, PrecisionPolicy.Float32, Sgd, SparseCase.Networks().Sparse, longestRow: 149);

            var error = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.BeginEpoch(sparse, [0, 1]));

            StringAssert.Contains(error.Message, "149 entries of a row; the longest row of the store has 150");
        }
    }

    private static void Train(
        CpuDevice device, PrecisionPolicy policy, OptimizerSettings optimizer, Network network, RowStore store, int epochs)
    {
        using TrainingPlan plan = Plan(device, policy, optimizer, network, store.LongestRow);
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            for (int start = 0; start + Batch <= store.Rows; start += Batch)
            {
                float rate = optimizer.Kind == OptimizerKind.Sgd ? 0.5f : 2e-2f;
                plan.Step(store, [.. Enumerable.Range(start, Batch)], rate);
            }
        }

        plan.Store();
    }

    private static TrainingPlan Plan(
        CpuDevice device, PrecisionPolicy policy, OptimizerSettings optimizer, Network network, int longestRow)
    {
        LossScaleRule rule = policy.ComputeFormat == NumericFormat.Float16 ? LossScaling.Static(256).Resolve(policy) : LossScaleRule.None;
        return new TrainingPlan(
            network,
            new PlanSettings(policy, rule, optimizer, Batch) { HasWeights = true, LongestRow = longestRow },
            device);
    }
}
