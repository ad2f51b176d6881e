using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

/// <summary>The four policies reach the same accuracy on real rows: five paired seeds, each with a test fold of its own.</summary>
[TestClass]
public sealed class DigitsParityTests
{
    private const int Seeds = 5;

    [TestMethod]
    public void Fit_FourPoliciesOnDigits_ReachTheSameAccuracy()
    {
        var data = new DigitsData();
        double float32 = MeanAccuracy(data, PrecisionPolicy.Float32);
        Assert.IsGreaterThanOrEqualTo(0.97, float32);
        foreach (
            PrecisionPolicy policy in new[] { PrecisionPolicy.TensorFloat32, PrecisionPolicy.MixedFloat16, PrecisionPolicy.MixedBFloat16 })
        {
            double accuracy = MeanAccuracy(data, policy);
            Assert.AreEqual(float32, accuracy, 0.005, policy.Name);
            Assert.IsGreaterThanOrEqualTo(0.97, accuracy, policy.Name);
        }
    }

    [TestMethod]
    [DataRow(NormalizationKind.LayerNorm)]
    [DataRow(NormalizationKind.BatchNorm)]
    public void Fit_WithNormalizationOnDigits_LearnsInEveryFormat(NormalizationKind normalization)
    {
        var data = new DigitsData();
        foreach (PrecisionPolicy policy in new[] { PrecisionPolicy.Float32, PrecisionPolicy.MixedFloat16, PrecisionPolicy.MixedBFloat16 })
        {
            Assert.IsGreaterThanOrEqualTo(0.96, Accuracy(data, policy, seed: 0, normalization), policy.Name);
        }
    }

    private static double MeanAccuracy(DigitsData data, PrecisionPolicy policy)
        => Enumerable.Range(0, Seeds).Average(seed => Accuracy(data, policy, seed));

    private static double Accuracy(
        DigitsData data,
        PrecisionPolicy policy,
        int seed,
        NormalizationKind normalization = NormalizationKind.None)
    {
        using var device = new CpuDevice(2);
        using RowStore train = data.Store(device, policy.ComputeFormat, seed, test: false);
        using RowStore test = data.Store(device, NumericFormat.Float32, seed, test: true);
        Network network = Examples.Network(64, [256, 128], 10, seed: seed, normalization: normalization);
        var options = new TrainingOptions { Precision = policy, Seed = seed };
        LoopRuns.Of(network, options, device, train, null).Run(null, _ => { }, () => { });
        return new Validation(test, Examples.Rows(test.Rows), device, new CrossEntropyLoss()).Run(network).Accuracy!.Value;
    }
}
