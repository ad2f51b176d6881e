using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Rows;

/// <summary>Mean and deviation of the targets against their formulas.</summary>
[TestClass]
public sealed class TargetScalingTests
{
    /// <summary>Over 1, 2, 4, 5 the mean is 3 and the deviation √((4 + 1 + 1 + 4)/4) = √2.5; the held-back 1000 does not count. The other
    /// target is constant.</summary>
    [TestMethod]
    public void Measure_HeldBackRow_IsOfTheOthers()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, 1, 2, 1000, 4, 5);

        TargetScaling scaling = TargetScaling.Measure(store, [2]);

        Assert.AreEqual(3, scaling.Mean[0], 1e-12);
        Assert.AreEqual(Math.Sqrt(2.5), scaling.Deviation[0], 1e-12);
        Assert.AreEqual(7, scaling.Mean[1], 1e-12);
        Assert.AreEqual(1, scaling.Deviation[1]);
    }

    /// <summary>Over 1, 2, 6 the mean is 3 and the deviation √((4 + 1 + 9)/3): that two rows differ from the first is as good as
    /// one.</summary>
    [TestMethod]
    public void Measure_AnEvenNumberOfOtherValues_IsTheFormula()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, 1, 2, 6);

        TargetScaling scaling = TargetScaling.Measure(store, []);

        Assert.AreEqual(3, scaling.Mean[0], 1e-12);
        Assert.AreEqual(Math.Sqrt(14 / 3.0), scaling.Deviation[0], 1e-12);
    }

    /// <summary>
    /// Of 1, 2, 6 with weights 1, 3, 2 the mean is (1 + 6 + 12)/6 = 19/6 and the variance (1·(13/6)² + 3·(7/6)² + 2·(17/6)²)/6; a row of
    /// weight 0 does not count, also not in
    /// whether a target is constant.
    /// </summary>
    [TestMethod]
    public void Measure_Weights_AreThoseOfTheFormula()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: true, targetWords: 2);
        foreach ((float label, float constant, float weight) in ((float, float, float)[])[(1e9f, 8, 0), (1, 7, 1), (2, 7, 3), (6, 7, 2)])
        {
            store.Append([0f], [label, constant], weight);
        }

        TargetScaling scaling = TargetScaling.Measure(store, []);

        Assert.AreEqual(19 / 6.0, scaling.Mean[0], 1e-12);
        Assert.AreEqual(Math.Sqrt(((169 / 36.0) + (3 * 49 / 36.0) + (2 * 289 / 36.0)) / 6), scaling.Deviation[0], 1e-12);
        Assert.AreEqual(7, scaling.Mean[1], 1e-12);
        Assert.AreEqual(1, scaling.Deviation[1]);
    }

    /// <summary>Every row is changed, the held-back ones too, by the same numbers.</summary>
    [TestMethod]
    public void Apply_EveryRow_IsStandardized()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, 1, 2, 1000, 4, 5);
        TargetScaling.Measure(store, [2]).Apply(store);

        Assert.AreEqual((float)((1000 - 3) / Math.Sqrt(2.5)), BitConverter.Int32BitsToSingle(store.Targets(2)[0]));
        Assert.AreEqual((float)(-2 / Math.Sqrt(2.5)), BitConverter.Int32BitsToSingle(store.Targets(0)[0]));
        Assert.AreEqual(0f, BitConverter.Int32BitsToSingle(store.Targets(4)[1]));
    }

    /// <summary>Folding makes a network that gives x into one that gives σx + µ; unfolding takes it back.</summary>
    [TestMethod]
    public void FoldAndUnfold_LastLayer_AreInverse()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, 1, 2, 4, 5);
        TargetScaling scaling = TargetScaling.Measure(store, []);
        Network network = Examples.Network(3, [], 2);
        float[] weights = [.. network.OutputLayer.Weight.Values];

        scaling.Fold(network);
        Assert.AreEqual((float)(weights[1] * Math.Sqrt(2.5)), network.OutputLayer.Weight.Values[1]);
        CollectionAssert.AreEqual(new[] { 3f, 7f }, network.OutputLayer.Bias.Values);

        scaling.Unfold(network);
        for (int i = 0; i < weights.Length; i++)
        {
            Assert.AreEqual(weights[i], network.OutputLayer.Weight.Values[i], 1e-7f);
        }

        CollectionAssert.AreEqual(new[] { 0f, 0f }, network.OutputLayer.Bias.Values);
    }

    /// <summary>Each target has its own σ and µ, also where the layer has had a bias: w′ = σw, b′ = σb + µ, and back.</summary>
    [TestMethod]
    public void FoldAndUnfold_EveryTarget_HasItsOwnNumbers()
    {
        using var device = new CpuDevice(1);
        using RowStore store = Store(device, label => [label, -10 * label], 1, 2, 4, 5);
        TargetScaling scaling = TargetScaling.Measure(store, []);
        Network network = Examples.Network(3, [], 2);
        float[] weights = network.OutputLayer.Weight.Values, biases = network.OutputLayer.Bias.Values;
        (biases[0], biases[1]) = (0.5f, -0.25f);
        float[] before = [.. weights];
        double[] deviations = [Math.Sqrt(2.5), 10 * Math.Sqrt(2.5)];

        scaling.Fold(network);
        for (int i = 0; i < weights.Length; i++)
        {
            Assert.AreEqual(before[i] * deviations[i / 3], weights[i], 1e-6 * deviations[1]);
        }

        Assert.AreEqual((0.5 * deviations[0]) + 3, biases[0], 1e-6);
        Assert.AreEqual((-0.25 * deviations[1]) - 30, biases[1], 1e-5);

        scaling.Unfold(network);
        Assert.AreEqual(0.5, biases[0], 1e-6);
        Assert.AreEqual(-0.25, biases[1], 1e-6);
        for (int i = 0; i < weights.Length; i++)
        {
            Assert.AreEqual(before[i], weights[i], 1e-6f);
        }
    }

    private static RowStore Store(CpuDevice device, params float[] labels) => Store(device, label => [label, 7f], labels);

    private static RowStore Store(CpuDevice device, Func<float, float[]> targets, params float[] labels)
    {
        var store = new RowStore(device, NumericFormat.Float32, 1, hasWeights: false, targetWords: 2);
        foreach (float label in labels)
        {
            store.Append([0f], targets(label), 1f);
        }

        return store;
    }
}
