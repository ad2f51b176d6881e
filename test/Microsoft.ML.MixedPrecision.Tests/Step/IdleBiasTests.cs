using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>
/// A bias before a batch norm changes nothing, since the norm subtracts the mean: its gradient is 0 on paper, rounding in a computer. AdamW
/// makes steps of the full rate of that, to
/// either side by chance, and so two right computations of one training give different scores.
/// </summary>
[TestClass]
public sealed class IdleBiasTests
{
    private const int Rows = 200;

    public static IEnumerable<object[]> Cases
        => from policy in new[] { "float32", "mixed_bfloat16", "mixed_float16" }
           from optimizer in Enum.GetValues<OptimizerKind>()
           from accumulation in new[] { 1, 3 }
           from residual in new[] { false, true }
           select new object[] { policy, optimizer, accumulation, residual };

    /// <summary>A bias of a model from before, which rounding has moved, stays too: scores go on from what they were.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Run_BiasBeforeABatchNorm_StaysAsItIs(string policyName, OptimizerKind optimizer, int accumulation, bool residual)
    {
        Network network = Network(residual);
        network.Parameters.Single(parameter => parameter.Name == "hidden.0.bias").Values.AsSpan().Fill(0.25f);
        float[][] before = [.. network.Parameters.Select(parameter => parameter.Values.ToArray())];

        Train(network, PrecisionPolicy.Parse(policyName), optimizer, accumulation, SimdPaths.Best);

        foreach ((float[] old, int i) in before.Select((values, i) => (values, i)))
        {
            string name = network.Parameters[i].Name;
            bool isIdle = name is "hidden.0.bias" or "hidden.1.bias";
            Assert.AreEqual(isIdle, old.AsSpan().SequenceEqual(network.Parameters[i].Values), name);
        }
    }

    /// <summary>A layer norm subtracts each row's mean, not each column's: what is before it counts, and moves.</summary>
    [TestMethod]
    public void Run_BiasBeforeALayerNorm_Learns()
    {
        Network network = Network(residual: false, NormalizationKind.LayerNorm);

        Train(network, PrecisionPolicy.Float32, OptimizerKind.AdamW, 1, SimdPaths.Best);

        Assert.IsTrue(network.Parameters.Single(parameter => parameter.Name == "hidden.0.bias").Values.All(value => value != 0));
    }

    [TestMethod]
    public void Run_NormInAnotherFormat_StaysAsItIs()
    {
        Network network = Network(residual: false);

        Train(
            network,
            PrecisionPolicy.MixedBFloat16.WithLayer("hidden.*.norm", NumericFormat.Float32),
            OptimizerKind.AdamW,
            1,
            SimdPaths.Best);

        Assert.IsTrue(network.Parameters.Single(parameter => parameter.Name == "hidden.0.bias").Values.All(value => value == 0));
    }

    /// <summary>One element at a time, or the widest vectors: sums in other orders. The biases of a layer norm, which have a gradient,
    /// agree as well as those before a batch norm.</summary>
    [TestMethod]
    [DataRow(NormalizationKind.BatchNorm)]
    [DataRow(NormalizationKind.LayerNorm)]
    public void Run_SumsInAnotherOrder_GiveTheSameParameters(NormalizationKind normalization)
    {
        Network one = Network(residual: false, normalization), other = Network(residual: false, normalization);

        Train(one, PrecisionPolicy.Float32, OptimizerKind.AdamW, 1, SimdPath.Portable);
        Train(other, PrecisionPolicy.Float32, OptimizerKind.AdamW, 1, SimdPaths.Best);

        // 30 steps of 1e-3: where a bias is moved by rounding alone, some differ by 1e-3 and more.
        for (int i = 0; i < one.Parameters.Count; i++)
        {
            for (int k = 0; k < one.Parameters[i].Values.Length; k++)
            {
                Assert.AreEqual(one.Parameters[i].Values[k], other.Parameters[i].Values[k], 1e-4, $"{one.Parameters[i].Name}[{k}]");
            }
        }
    }

    private static Network Network(bool residual, NormalizationKind normalization = NormalizationKind.BatchNorm)
        => Examples.Network(8, [12, 12], 4, ActivationKind.Tanh, normalization: normalization, residual: residual);

    private static void Train(Network network, PrecisionPolicy policy, OptimizerKind optimizer, int accumulation, SimdPath path)
    {
        using var device = new CpuDevice(1, path);
        using RowStore store = Examples.Clusters(device, policy.ComputeFormat, Rows, 8, 4);
        var options = new TrainingOptions
        {
            Precision = policy,
            Optimizer = optimizer,
            BatchSize = 20,
            GradientAccumulationSteps = accumulation,
            Epochs = 3,
        };
        LoopRuns.Of(network, options, device, store, null).Run(null, _ => { }, () => { });
    }
}
