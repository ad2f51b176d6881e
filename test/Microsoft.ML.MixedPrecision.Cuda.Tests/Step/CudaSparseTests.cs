using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>Sparse rows on a card, resident or brought over batch by batch: the course of the CPU.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaSparseTests : CudaTrainingTest
{
    private const int Rows = 200, Batch = 48;

    public static IEnumerable<object[]> PolicyNames => Policies.Select(policy => new object[] { policy });

    [TestMethod]
    [DynamicData(nameof(PolicyNames))]
    public void Steps_OnSparseRows_FollowTheCourseOfTheCpu(string policy)
    {
        List<StepRecord> expected = Course(Cpu, policy, null).Records;

        (List<StepRecord> resident, float[] weights) = Course(Device, policy, null);
        (List<StepRecord> streamed, float[] others) = Course(Device, policy, 0);

        AssertSameCourse(expected, resident, policy);
        CollectionAssert.AreEqual(weights, others);
        CollectionAssert.AreEqual(resident.Select(record => record.Loss).ToArray(), streamed.Select(record => record.Loss).ToArray());
    }

    [TestMethod]
    public void Validation_OfSparseRows_IsThatOfTheCpu()
    {
        (RowStore sparse, RowStore dense) = SparseCase.Stores(Cpu, NumericFormat.Float32, 1500);
        using (sparse)
        using (dense)
        {
            Network network = SparseCase.Networks().Sparse;
            ValidationFigures Run(Device device)
                => new Validation(sparse, Examples.Rows(1500), device, new CrossEntropyLoss()).Run(network);
            ValidationFigures expected = Run(Cpu), actual = Run(Device);

            Assert.AreEqual(expected.Loss, actual.Loss, 1e-5);
            Assert.AreEqual(expected.Accuracy!.Value, actual.Accuracy!.Value, 1e-3);
        }
    }

    private (List<StepRecord> Records, float[] Weights) Course(Device device, string policy, long? mostDataBytes)
    {
        (RowStore sparse, RowStore dense) = SparseCase.Stores(Cpu, PrecisionPolicy.Parse(policy).ComputeFormat, Rows);
        using (sparse)
        using (dense)
        {
            Network network = SparseCase.Networks().Sparse;
            using TrainingPlan plan = Plan(device, policy, network, Batch, settings => settings with
            {
                HasWeights = true,
                LongestRow = sparse.LongestRow,
                MostDataBytes = mostDataBytes,
            });
            plan.Steps.Prepare(Rows % (2 * Batch));
            Train(plan, sparse, 2, Batch, microBatches: 2, learningRate: 1e-2f);
            float[] weights = Weights(plan, network);
            return (Records(plan), weights);
        }
    }
}
