using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Optimizers;
using Microsoft.ML.MixedPrecision.Plan;
using Microsoft.ML.MixedPrecision.Precision;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Step;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tests.Rows;

namespace Microsoft.ML.MixedPrecision.Tests.Step;

/// <summary>Clip thresholds are in true units whatever the loss scale.</summary>
/// <remarks>Plain SGD with learning rate 1 and no decay: the change of the weights is the clipped gradient itself.</remarks>
[TestClass]
public sealed class ClippingTests
{
    private const int Rows = 32;

    [TestMethod]
    [DataRow(1f)]
    [DataRow(256f)]
    [DataRow(65536f)]
    public void Commit_ClipNorm_LimitsTheTrueNorm(float scale)
    {
        (double[] free, double norm) = Change(scale, clipNorm: null, clipValue: null);
        (double[] clipped, double recorded) = Change(scale, clipNorm: 0.1f, clipValue: null);
        double expected = Math.Min(1, 0.1 / (Norm(free) + 1e-6));

        Assert.IsGreaterThan(0.2, Norm(free), "the test needs something to clip");

        // Float32 weights of about 1 change by the gradient: their rounding is 2^-24 each.
        Assert.AreEqual(Norm(free), norm, 1e-5);
        Assert.AreEqual(norm, recorded, 1e-9);
        for (int i = 0; i < free.Length; i++)
        {
            Assert.AreEqual(free[i] * expected, clipped[i], 2e-7);
        }
    }

    [TestMethod]
    [DataRow(1f)]
    [DataRow(256f)]
    [DataRow(65536f)]
    public void Commit_ClipValue_LimitsEachTrueElement(float scale)
    {
        (double[] free, _) = Change(scale, clipNorm: null, clipValue: null);
        (double[] clipped, _) = Change(scale, clipNorm: null, clipValue: 0.01f);

        Assert.IsTrue(free.Any(g => Math.Abs(g) > 0.02), "the test needs something to clip");
        for (int i = 0; i < free.Length; i++)
        {
            Assert.AreEqual(Math.Clamp(free[i], -0.01, 0.01), clipped[i], 2e-7);
        }
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(x => x * x));

    private static (double[] Change, double Norm) Change(float scale, float? clipNorm, float? clipValue)
    {
        using var device = new CpuDevice(1);
        using RowStore store = Examples.Clusters(device, NumericFormat.Float32, Rows, 8, 3);
        Network network = Examples.Network(8, [16], 3);
        float[][] before = [.. network.Parameters.Select(parameter => parameter.Values.ToArray())];
        LossScaleRule rule = LossScaling.Static(scale).Resolve(PrecisionPolicy.MixedFloat16);
        var sgd = new OptimizerSettings(OptimizerKind.Sgd, 0, 0, 0, 0, 0, false);
        using var plan = new TrainingPlan(network, new PlanSettings(PrecisionPolicy.Float32, rule, sgd, Rows, clipNorm, clipValue), device);
        plan.Step(store, Examples.Rows(Rows), 1f);
        plan.Parameters.Store();
        double[] change = [
            .. network.Parameters.SelectMany((parameter, i) => parameter.Values.Select((value, j) => (double)before[i][j] - value))];
        return (change, plan.State.Norm);
    }
}
