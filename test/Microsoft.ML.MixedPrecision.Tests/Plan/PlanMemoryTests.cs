using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;
using Microsoft.ML.MixedPrecision.Tests.Tensors;

namespace Microsoft.ML.MixedPrecision.Tests.Plan;

/// <summary>The plan's bytes against sums done by hand for 100-512-512-10, batch 1024, ReLU.</summary>
/// <remarks>
/// Elements of a parameter arena, pitch a multiple of 8, start a multiple of 64: W1 512·104 = 53248, b1 512, W2 512·512 = 262144, b2 512,
/// W3 10·512 = 5120, b3 16 → 64: together 321600. Times: features live to the end of backward, so do h1 and h2 until they are read; h2's
/// gradient and h1's gradient are alive together while the one is made from the other.
/// </remarks>
[TestClass]
public sealed class PlanMemoryTests
{
    private const long Elements = 53248 + 512 + 262144 + 512 + 5120 + 64;
    private const int Batch = 1024;

    [TestMethod]
    public void Memory_MixedFloat16_IsTheSumByHand()
    {
        MemoryReport memory = Memory(PrecisionPolicy.MixedFloat16);

        Assert.AreEqual(Elements * 4, memory.Masters);
        Assert.AreEqual(Elements * 2, memory.Shadows);
        Assert.AreEqual(Elements * 4, memory.Gradients);
        Assert.AreEqual(Elements * 8, memory.Moments);

        // features 104, h1 512, h2 512, dh2 512 (16 bits each) are alive when h2's gradient is made from dlogits 16 (16 bits); the logits
        // (12 × 32 bits) are gone by then, but their 48 KiB and dlogits' 32 KiB are alive with features, h1, h2 at the loss.
        // At the backward of the second layer: features, h1, dh1, dh2 and h2 no more.
        long features = Batch * 104 * 2;
        long hidden = Batch * 512 * 2;
        long logitsGradient = Batch * 16 * 2;
        Assert.AreEqual(features + (3 * hidden) + logitsGradient, memory.Activations);
        // States of 184 bytes; 1024 records of 56 bytes. Labels have the bytes of a hidden gradient before there is one.
        Assert.AreEqual(184 + (1024 * 56), memory.Workspace);
        Assert.AreEqual(0, memory.Data);
    }

    [TestMethod]
    public void Memory_Float32_HasNoShadowsAndTwiceTheActivations()
    {
        MemoryReport memory = Memory(PrecisionPolicy.Float32);

        Assert.AreEqual(0, memory.Shadows);
        long features = Batch * 100 * 4;
        long hidden = Batch * 512 * 4;
        long logitsGradient = Batch * 12 * 4;
        Assert.AreEqual(features + (3 * hidden) + logitsGradient, memory.Activations);
    }

    [TestMethod]
    public void Memory_WithoutMasters_HasShadowsOnly()
    {
        MemoryReport memory = Memory(PrecisionPolicy.O3);

        Assert.AreEqual(0, memory.Masters);
        Assert.AreEqual(Elements * 2, memory.Shadows);
    }

    [TestMethod]
    public void Memory_Gelu_KeepsThePreActivationsToo()
    {
        MemoryReport memory = Memory(PrecisionPolicy.MixedFloat16, ActivationKind.Gelu);

        // z1, h1, z2, h2 and features are alive at the loss, then dlogits with dh2: the peak is at the third layer's backward.
        long features = Batch * 104 * 2;
        long hidden = Batch * 512 * 2;
        long logitsGradient = Batch * 16 * 2;
        Assert.AreEqual(features + (5 * hidden) + logitsGradient, memory.Activations);
    }

    [TestMethod]
    public void Memory_LayerNorm_KeepsItsInputsAndStatistics()
    {
        MemoryReport memory = Memory(PrecisionPolicy.MixedFloat16, ActivationKind.Gelu, NormalizationKind.LayerNorm);

        // Four vectors of 512: γ and β of two layers, in Float32; the arena of shadows has their places too.
        Assert.AreEqual((Elements + (4 * 512)) * 4, memory.Masters);
        Assert.AreEqual((Elements + (4 * 512)) * 2, memory.Shadows);

        // The peak is at the third product's backward: features; of both layers the product, the activation and three Float32 of
        // statistics, 16
        // bytes with their padding; dlogits; dh2. The pre-activations of Gelu are computed again.
        long features = Batch * 104 * 2;
        long hidden = Batch * 512 * 2;
        long statistics = Batch * 4 * 4;
        long logitsGradient = Batch * 16 * 2;
        Assert.AreEqual(features + (5 * hidden) + (2 * statistics) + logitsGradient, memory.Activations);
    }

    [TestMethod]
    public void Memory_BatchNorm_CountsItsStatistics()
    {
        MemoryReport plain = Memory(
            PrecisionPolicy.MixedFloat16,
            ActivationKind.Gelu,
            NormalizationKind.LayerNorm), memory = Memory(PrecisionPolicy.MixedFloat16, ActivationKind.Gelu, NormalizationKind.BatchNorm);

        // Two layers of running mean and variance, committed and staged.
        Assert.AreEqual(plain.Workspace + (2 * 2 * 2 * 512 * 4), memory.Workspace);
        Assert.AreEqual(plain.Masters, memory.Masters);
    }

    [TestMethod]
    [DoNotParallelize]
    [DataRow(NormalizationKind.None)]
    [DataRow(NormalizationKind.LayerNorm)]
    [DataRow(NormalizationKind.BatchNorm)]
    public void Step_OnceWarm_AllocatesNothingOnAnyThread(NormalizationKind normalization)
    {
        // Large enough for products, loss and optimizer to be spread over the threads; the last micro-batch is shorter.
        using var device = new CpuDevice(3);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float16, 512, 64, 10, weights: true);
        LossScaleRule rule = LossScaling.Dynamic(initialScale: 256, growthInterval: 3).Resolve(PrecisionPolicy.MixedFloat16);
        var settings = new PlanSettings(PrecisionPolicy.MixedFloat16, rule, Examples.AdamW, 256, ClipNorm: 1f, MeasuresRanges: true)
        { HasWeights = true };
        using var plan = new TrainingPlan(
            Examples.Network(64, [256, 64, 64], 10, ActivationKind.Gelu, normalization: normalization, residual: true, dropout: 0.1f),
            settings,
            device);
        int[] rows = Examples.Rows(400);
        long scratch = plan.Memory.Scratch;

        Allocations.AssertNone(device, () =>
        {
            plan.Steps.BeginEpoch(store, rows);
            plan.Steps.Take(new StepRequest(rows.Length) { LearningRate = 1e-3f, Measure = true });
        });
        Assert.IsGreaterThan(0L, scratch, "planning has run the kernels");
        Assert.AreEqual(scratch, plan.Memory.Scratch, "steps need no more working memory than planning found");
    }

    private static MemoryReport Memory(
        PrecisionPolicy policy,
        ActivationKind activation = ActivationKind.Relu,
        NormalizationKind normalization = NormalizationKind.None)
    {
        using var device = new CpuDevice(1);
        var settings = new PlanSettings(policy, LossScaling.Auto.Resolve(policy), Examples.AdamW, Batch);
        using var plan = new TrainingPlan(
            Examples.Network(100, [512, 512], 10, activation, normalization: normalization),
            settings,
            device);
        return plan.Memory;
    }
}
