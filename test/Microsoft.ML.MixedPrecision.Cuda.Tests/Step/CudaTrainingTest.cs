using Microsoft.ML.MixedPrecision.Cuda.Tests.Kernels;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>A test that runs plans on a card and, beside it, on the CPU.</summary>
internal abstract class CudaTrainingTest : CudaDeviceTest
{
    /// <summary>Storage formats and the IEEE and TensorFloat32 products.</summary>
    protected static readonly string[] Policies = ["float32", "tensorfloat32", "mixed_float16", "mixed_bfloat16"];

    /// <summary>A plan with AdamW, 256 as the fixed loss scale of Float16.</summary>
    protected static TrainingPlan Plan(
        Device device,
        string policyName,
        Network network,
        int batchRows,
        Func<PlanSettings, PlanSettings>? change = null)
    {
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        LossScaleRule rule = policy.ComputeFormat == NumericFormat.Float16 ? LossScaling.Static(256).Resolve(policy) : LossScaleRule.None;
        var settings = new PlanSettings(policy, rule, Examples.AdamW, batchRows);
        return new TrainingPlan(network, change is null ? settings : change(settings), device);
    }

    /// <summary>All records so far.</summary>
    protected static List<StepRecord> Records(TrainingPlan plan)
    {
        plan.Steps.Synchronize();
        var records = new List<StepRecord>();
        while (plan.Records.TryTake(out StepRecord record))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>Fails unless both have done the same steps, with losses and norms that differ by rounding.</summary>
    protected static void AssertSameCourse(List<StepRecord> expected, List<StepRecord> actual, string policy)
    {
        Assert.HasCount(expected.Count, actual);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.AreEqual(expected[i].Attempt, actual[i].Attempt);
            Assert.AreEqual(expected[i].Step, actual[i].Step);
            Assert.AreEqual(expected[i].Rows, actual[i].Rows);
            Assert.AreEqual(expected[i].FirstNonFinite, actual[i].FirstNonFinite);
            Assert.AreEqual(expected[i].Scale, actual[i].Scale);

            // The first step differs by rounding alone; later ones by what rounding has made of the weights.
            double tolerance = (policy == "float32" ? 2e-6 : policy == "mixed_bfloat16" ? 1e-2 : 2e-3) * (1 + i);
            Tolerance.AssertClose(expected[i].Loss, actual[i].Loss, tolerance, tolerance, $"loss of step {i}");
            Tolerance.AssertClose(expected[i].Norm, actual[i].Norm, 4 * tolerance, 4 * tolerance, $"norm of step {i}");
        }
    }

    /// <summary>All parameters after training, one after the other.</summary>
    protected static float[] Weights(TrainingPlan plan, Network network)
    {
        plan.Steps.Synchronize();
        plan.Parameters.Store();
        return [.. network.Parameters.SelectMany(parameter => parameter.Values)];
    }

    /// <summary>Epochs over a store in steps of so many micro-batches of the plan's rows.</summary>
    protected static void Train(
        TrainingPlan plan,
        RowStore store,
        int epochs,
        int batchRows,
        int microBatches = 1,
        float learningRate = 1e-3f)
    {
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            plan.Steps.BeginEpoch(store, Examples.Rows(store.Rows));
            for (int at = 0; at < store.Rows; at += batchRows * microBatches)
            {
                plan.Steps.Take(new StepRequest(Math.Min(batchRows * microBatches, store.Rows - at)) { LearningRate = learningRate });
            }
        }
    }
}
