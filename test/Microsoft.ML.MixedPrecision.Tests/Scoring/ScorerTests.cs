using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Scoring;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Scoring;

/// <summary>What a scorer holds, and until when.</summary>
[TestClass]
public sealed class ScorerTests
{
    [TestMethod]
    public void Dispose_EndsTheThreads_AndOpenSessionsGoOn()
    {
        var network = new Network(new Perceptron(64, [128, 64], ActivationKind.Relu, 10).ToSpec());
        network.Initialize(1);
        float[] x = [.. Enumerable.Range(0, 512 * 64).Select(i => (i % 17) / 17f)];
        var before = new float[512 * 10];
        var after = new float[512 * 10];
        using var scorer = new Scorer(network, threads: 3, softmax: true);
        using ScoringSession session = scorer.CreateSession(512);
        session.Run(x, 512, before);
        Assert.IsTrue(((CpuDevice)session.Device).HasThreads);

        scorer.Dispose();

        Assert.IsTrue(
            SpinWait.SpinUntil(() => !((CpuDevice)session.Device).HasThreads, TimeSpan.FromSeconds(10)),
            "threads go on after Dispose");
        session.Run(x, 512, after);
        CollectionAssert.AreEqual(before, after);
    }
}
