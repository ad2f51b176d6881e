using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>A step over micro-batches has the gradient of one batch with all their rows.</summary>
[TestClass]
public sealed unsafe class GradientAccumulationTests
{
    [TestMethod]
    [DataRow("float32", 2e-6)]
    [DataRow("mixed_float16", 2e-3)]
    [DataRow("mixed_bfloat16", 2e-2)]
    public void Accumulate_UnevenMicroBatches_EqualsOneBatch(string policyName, double tolerance)
    {
        // In 16 bits the loss gradient of a row is the same number in both cases, so only sums over rows differ, which are Float32.
        using var device = new CpuDevice(2);
        PrecisionPolicy policy = PrecisionPolicy.Parse(policyName);
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, 30, 8, 3, weights: true);
        double[] whole = Gradient(device, policy, store, batch: 30);
        double[] parts = Gradient(device, policy, store, batch: 13);
        double largest = whole.Max(Math.Abs);

        for (int i = 0; i < whole.Length; i++)
        {
            Assert.AreEqual(whole[i], parts[i], tolerance * largest);
        }
    }

    private static double[] Gradient(CpuDevice device, PrecisionPolicy policy, RowStore store, int batch)
    {
        LossScaleRule rule = LossScaling.Static(64).Resolve(PrecisionPolicy.MixedFloat16);
        using var plan = new TrainingPlan(
            Examples.Network(8, [16], 3),
            new PlanSettings(policy, rule, Examples.AdamW, batch) { HasWeights = true },
            device);
        plan.Accumulate(store, Examples.Rows(store.Rows));

        return [
            .. plan.Parameters.Slots.SelectMany(
                slot => new ReadOnlySpan<float>(plan.Parameters.Gradient(slot), (int)slot.Elements).ToArray()).Select(g => (double)g)];
    }
}
