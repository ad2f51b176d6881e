using Microsoft.ML.MixedPrecision.Cuda.CublasLt;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Ops;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;
using Microsoft.ML.MixedPrecision.Tests;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Cuda.Tests.Step;

/// <summary>The algorithms that a step's products run: on Tensor Cores where the policy says so, and the same in every run.</summary>
[TestClass]
[TestCategory(Gpu.Category)]
internal sealed class CudaAlgorithmTests : CudaTrainingTest
{
    private const int Batch = 512;

    /// <summary>Three products forward, three of weights' gradients, two of inputs'.</summary>
    private const int Products = 8;

    [TestMethod]
    [DataRow("mixed_float16", ActivationKind.Relu)]
    [DataRow("mixed_float16", ActivationKind.Gelu)]
    [DataRow("mixed_bfloat16", ActivationKind.Relu)]
    [DataRow("mixed_bfloat16", ActivationKind.Gelu)]
    public void Step_In16Bits_RunsOnTensorCores(string policy, ActivationKind activation)
    {
        NumericFormat format = PrecisionPolicy.Parse(policy).ComputeFormat;
        foreach ((MatmulKey key, AlgorithmDescription algorithm) in Step(Device, policy, activation).Algorithms)
        {
            Assert.AreEqual(format, key.Operand);
            AssertHas(algorithm, NumericalFlags.TensorCore, key);
            AssertHas(algorithm, NumericalFlags.SumFloat32, key);
            Assert.AreNotEqual((NumericalFlags)0, algorithm.Numerics & NumericalFlags.Input16Bit, $"{key}: {algorithm}");
            AssertSums(algorithm, key);
        }
    }

    [TestMethod]
    public void Step_InFloat32_RunsOnOrdinaryInstructions()
    {
        foreach ((MatmulKey key, AlgorithmDescription algorithm) in Step(Device, "float32").Algorithms)
        {
            Assert.AreEqual(NumericFormat.Float32, key.Operand);
            Assert.IsFalse(algorithm.Numerics.HasFlag(NumericalFlags.TensorCore), $"{key}: {algorithm}");
            AssertHas(algorithm, NumericalFlags.InputFloat32, key);
            AssertHas(algorithm, NumericalFlags.SumFloat32, key);
            AssertSums(algorithm, key);
        }
    }

    /// <summary>What the library says of TensorFloat32 is not exact (see <see cref="NumericalFlags"/>): that operands are rounded is seen
    /// by the weights.</summary>
    [TestMethod]
    public void Step_InTensorFloat32_AddsInFloat32AndRoundsOperands()
    {
        Trained tensorFloat32 = Step(Device, "tensorfloat32");
        foreach ((MatmulKey key, AlgorithmDescription algorithm) in tensorFloat32.Algorithms)
        {
            Assert.AreEqual(NumericFormat.TensorFloat32, key.Operand);
            Assert.AreEqual((NumericalFlags)0, algorithm.Numerics & NumericalFlags.Input16Bit, $"{key}: {algorithm}");
            AssertHas(algorithm, NumericalFlags.SumFloat32, key);
            AssertSums(algorithm, key);
        }

        CollectionAssert.AreNotEqual(Step(Device, "float32").Weights, tensorFloat32.Weights);
    }

    [TestMethod]
    [DataRow("float32")]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void Step_OnASecondDeviceWithTheSameCache_TakesTheSameAlgorithmsAndGivesTheSameBits(string policy)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("cache");
        Trained first = OnDeviceOfItsOwn(new KernelCache(path), policy);
        string[] entries = Entries(path);
        Trained second = OnDeviceOfItsOwn(new KernelCache(path), policy);

        Assert.HasCount(Products, entries);
        CollectionAssert.AreEqual(entries, Entries(path), "nothing was chosen anew");
        AssertSame(first, second);
    }

    [TestMethod]
    [DataRow("tensorfloat32")]
    [DataRow("mixed_float16")]
    [DataRow("mixed_bfloat16")]
    public void Step_WithoutACache_GivesTheSameBits(string policy)
        => AssertSame(OnDeviceOfItsOwn(new KernelCache(null), policy), OnDeviceOfItsOwn(new KernelCache(null), policy));

    private static Trained OnDeviceOfItsOwn(KernelCache cache, string policy)
    {
        using var device = new CudaDevice(0, cache);
        return Step(device, policy);
    }

    /// <summary>A step of 256-512-512-64 on rows of no symmetry; the algorithms are those of this step alone.</summary>
    private static Trained Step(CudaDevice device, string policy, ActivationKind activation = ActivationKind.Relu)
    {
        var before = Plans(device).Algorithms.Select(algorithm => algorithm.Key).ToHashSet();
        using var cpu = new CpuDevice(1);
        using RowStore store = Examples.Clusters(cpu, PrecisionPolicy.Parse(policy).ComputeFormat, Batch, features: 256, classes: 64);
        Network network = Examples.Network(256, [512, 512], 64, activation);
        using TrainingPlan plan = Plan(device, policy, network, Batch);
        Train(plan, store, 1, Batch);
        float[] weights = Weights(plan, network);
        var algorithms = Plans(device)
            .Algorithms.Where(algorithm => !before.Contains(algorithm.Key))
            .ToDictionary(pair => pair.Key, pair => pair.Algorithm);
        Assert.HasCount(Products, algorithms);
        Assert.AreEqual(0, plan.State.Skips);
        return new Trained(weights, algorithms);
    }

    private static MatmulPlans Plans(CudaDevice device) => device.Own(static card => new MatmulPlans(card));

    private static string[] Entries(string folder) => [.. Directory.GetFiles(folder, "product-*.bin").Order(StringComparer.Ordinal)];

    private static void AssertSame(Trained first, Trained second)
    {
        CollectionAssert.AreEquivalent(first.Algorithms.Keys, second.Algorithms.Keys);
        foreach ((MatmulKey key, AlgorithmDescription algorithm) in first.Algorithms)
        {
            Assert.AreEqual(algorithm, second.Algorithms[key], key.ToString());
        }

        CollectionAssert.AreEqual(first.Weights, second.Weights);
    }

    private static void AssertSums(AlgorithmDescription algorithm, MatmulKey key)
    {
        Assert.AreEqual((NumericalFlags)0, algorithm.Numerics & NumericalFlags.SumFloat16, $"{key}: {algorithm}");
        Assert.IsTrue(
            algorithm.Reduction is cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_NONE
                or cublasLtReductionScheme_t.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE,
            $"{key}: {algorithm}");
    }

    private static void AssertHas(AlgorithmDescription algorithm, NumericalFlags flag, MatmulKey key)
        => Assert.IsTrue(algorithm.Numerics.HasFlag(flag), $"{key}: {algorithm} lacks {flag}");

    /// <summary>Weights after the step, and the algorithms of its products.</summary>
    private sealed record Trained(float[] Weights, Dictionary<MatmulKey, AlgorithmDescription> Algorithms);
}
