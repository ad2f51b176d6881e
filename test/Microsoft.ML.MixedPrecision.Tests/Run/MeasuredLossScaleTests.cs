using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.MixedPrecision.Networks.Families;
using Microsoft.ML.MixedPrecision.Rows;
using Microsoft.ML.MixedPrecision.Run;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;

namespace Microsoft.ML.MixedPrecision.Tests.Run;

/// <summary>The measured scale against a hand calculation: two classes and weights of 0, so that every element of the loss's gradient is ±½
/// ÷ rows of the step.</summary>
[TestClass]
public sealed class MeasuredLossScaleTests
{
    private const int Seed = 5;

    /// <summary>The largest power of two S with S · ½ ÷ rows under 65504 ÷ 8 = 8188.</summary>
    [TestMethod]
    [DataRow(4, 4, 1, 32768f)] // S < 8188 · 2 · 4 = 65504
    [DataRow(8, 4, 2, 65536f)] // a step of two micro-batches: S < 131008
    [DataRow(8, 4, 1, 32768f)]
    [DataRow(5, 4, 1, 8192f)] // the last step has one row: S < 16376
    [DataRow(9, 4, 2, 8192f)]
    [DataRow(3, 4, 9, 32768f)] // fewer rows than a batch: S < 49128
    public void Run_Measured_KeepsTheLargestGradientUnderAnEighthOfTheRange(int rows, int batch, int accumulation, float expected)
        => Assert.AreEqual(expected, Scale(Zeros(), Options(batch, accumulation), rows, _ => 1f));

    /// <summary>
    /// Logits (1, 0): a row of class 1 has a gradient of 0.73, one of class 0 of 0.27. Rows of one weight are probed as they come: the only
    /// one of class 1 counts
    /// (S · 0.73 &lt; 8188, else S · 0.27) where it is in the first micro-batch of the first epoch or in that of a shorter last step.
    /// </summary>
    [TestMethod]
    [DataRow(4, 1, 0, 8192f)]
    [DataRow(4, 1, 1, 16384f)]
    [DataRow(4, 1, 3, 16384f)] // no shorter step at the end
    [DataRow(5, 4, 4, 8192f)] // the only row of the last step
    [DataRow(9, 4, 8, 8192f)] // and not the one behind the first step
    public void Run_MeasuredOfRowsThatWeighTheSame_ProbesTheFirstEpochsRows(int rows, int batch, int position, float expected)
    {
        int[] order = new int[rows];
        new RowOrder(rows, [], Seed).Fill(1, order);
        Assert.AreNotEqual(order[position], position, "another seed is needed, that moves the row");
        Network network = Zeros();
        network.OutputLayer.Bias.Values[0] = 1;
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float16, 1, hasWeights: false);
        for (int i = 0; i < rows; i++)
        {
            store.Append([0f], i == order[position] ? 1 : 0, 1f);
        }

        Assert.AreEqual(expected, Train(network, Options(batch, 1), device, store));
    }

    /// <summary>A row that weighs 8 has a gradient of 4 ÷ rows of its step, wherever the order puts it: S · 4 ÷ 1 &lt; 8188, or S · 4 ÷ 4
    /// &lt; 8188.</summary>
    [TestMethod]
    [DataRow(4, 1, 1024f)]
    [DataRow(12, 4, 4096f)]
    [DataRow(5, 4, 1024f)] // the last step has one row, which may be this one
    [DataRow(9, 4, 1024f)]
    public void Run_MeasuredWithAHeavyRow_ProbesItWhereverItIs(int rows, int batch, float expected)
    {
        for (int heavy = 0; heavy < rows; heavy++)
        {
            Assert.AreEqual(expected, Scale(Zeros(), Options(batch, 1), rows, row => row == heavy ? 8f : 1f), $"row {heavy}");
        }
    }

    /// <summary>A heavy row that validates makes no gradient: S · ½ ÷ 4 &lt; 8188, as if all weighed 1.</summary>
    [TestMethod]
    public void Run_MeasuredWithAHeavyRowHeldBack_LeavesItOut()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float16, 1, hasWeights: true);
        for (int i = 0; i < 9; i++)
        {
            store.Append([1f], i % 2, i == 4 ? 8f : 1f);
        }

        Assert.AreEqual(32768f, Train(Zeros(), Options(4, 1), device, store, new RowOrder(9, [4], Seed)));
    }

    /// <summary>Squared error of 0 against labels of 1 but one of 16: 2 · 16 ÷ 4 rows = 8, so that S · 8 &lt; 8188.</summary>
    [TestMethod]
    public void Run_MeasuredOfASquaredErrorWithAFarLabel_ProbesItWhereverItIs()
    {
        for (int far = 0; far < 12; far++)
        {
            using var device = new CpuDevice(1);
            using var store = new RowStore(device, NumericFormat.Float16, 1, hasWeights: false, targetWords: 1);
            for (int i = 0; i < 12; i++)
            {
                store.Append([1f], [i == far ? -16f : 1f], 1f);
            }

            var network = new Network(new Perceptron(1, [], ActivationKind.None, 1).ToSpec());
            Assert.AreEqual(512f, Train(network, Options(4, 1) with { Loss = new SquaredErrorLoss() }, device, store), $"row {far}");
        }
    }

    /// <summary>Activations of 1000, and a gradient of 0 below weights of 0, do not count: the largest of the gradients alone
    /// does.</summary>
    [TestMethod]
    public void Run_MeasuredWithAHiddenLayer_TakesTheLargestGradientAlone()
    {
        Network network = Zeros(3);
        network.Parameters.Single(
            parameter => parameter.Values.Length == 3 && parameter != network.OutputLayer.Weight && parameter.Rows == 1)
            .Values.AsSpan()
            .Fill(1000f);

        Assert.AreEqual(32768f, Scale(network, Options(4, 1), 4, _ => 1f));
    }

    /// <summary>The gradient of the loss that trains: 2 · (0 − 4) ÷ 4 rows = 2, so that S · 2 &lt; 8188.</summary>
    [TestMethod]
    public void Run_MeasuredOfASquaredError_TakesItsGradient()
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float16, 1, hasWeights: false, targetWords: 1);
        for (int i = 0; i < 4; i++)
        {
            store.Append([1f], [4f], 1f);
        }

        var network = new Network(new Perceptron(1, [], ActivationKind.None, 1).ToSpec());
        Assert.AreEqual(2048f, Train(network, Options(4, 1) with { Loss = new SquaredErrorLoss() }, device, store));
    }

    private static Network Zeros(params int[] hidden) => new(new Perceptron(1, hidden, ActivationKind.Relu, 2).ToSpec());

    private static TrainingOptions Options(int batch, int accumulation)
        => new()
        {
            Precision = PrecisionPolicy.MixedFloat16,
            LossScaling = LossScaling.Measured(),
            BatchSize = batch,
            GradientAccumulationSteps = accumulation,
            Epochs = 1,
            Seed = Seed,
        };

    private static float Scale(Network network, TrainingOptions options, int rows, Func<int, float> weight)
    {
        using var device = new CpuDevice(1);
        using var store = new RowStore(device, NumericFormat.Float16, 1, hasWeights: true);
        for (int i = 0; i < rows; i++)
        {
            store.Append([1f], i % 2, weight(i));
        }

        return Train(network, options, device, store);
    }

    private static float Train(Network network, TrainingOptions options, CpuDevice device, RowStore store, RowOrder? order = null)
    {
        TrainingResult result = LoopRuns.Of(network, options, device, store, null, order).Run(null, _ => { }, () => { });
        Assert.AreEqual(0, result.Skipped);
        return result.FinalLossScale;
    }
}
