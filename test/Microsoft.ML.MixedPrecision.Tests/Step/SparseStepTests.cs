using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
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
            Train(device, policy, bag, sparse);
            Train(device, policy, product, dense);

            float[] expected = SparseCase.WeightsOf(product), actual = SparseCase.WeightsOf(bag);
            Assert.IsGreaterThan(0.1, expected.Zip(before, (one, other) => Math.Abs(one - other)).Max());
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], tolerance, $"weight {i}");
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
            using TrainingPlan plan = Plan(device, PrecisionPolicy.Float32, SparseCase.Networks().Sparse, longestRow: 149);

            var error = Assert.ThrowsExactly<ArgumentException>(() => plan.Steps.BeginEpoch(sparse, [0, 1]));

            StringAssert.Contains(error.Message, "149 entries of a row; the longest row of the store has 150");
        }
    }

    private static void Train(CpuDevice device, PrecisionPolicy policy, Network network, RowStore store)
    {
        using TrainingPlan plan = Plan(device, policy, network, store.LongestRow);
        for (int epoch = 0; epoch < 4; epoch++)
        {
            for (int start = 0; start + Batch <= Rows; start += Batch)
            {
                plan.Step(store, [.. Enumerable.Range(start, Batch)], learningRate: 2e-2f);
            }
        }

        plan.Store();
    }

    private static TrainingPlan Plan(CpuDevice device, PrecisionPolicy policy, Network network, int longestRow)
    {
        LossScaleRule rule = policy.ComputeFormat == NumericFormat.Float16 ? LossScaling.Static(256).Resolve(policy) : LossScaleRule.None;
        return new TrainingPlan(
            network,
            new PlanSettings(policy, rule, Examples.AdamW, Batch) { HasWeights = true, LongestRow = longestRow },
            device);
    }
}
