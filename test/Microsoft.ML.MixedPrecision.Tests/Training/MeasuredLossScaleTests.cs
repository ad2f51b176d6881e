using Microsoft.ML.MixedPrecision.Losses;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Tests.Training;

/// <summary>The measured scale against a hand calculation: two classes and weights of 0, so that every element of the loss's gradient is ±½ ÷ rows of the step.</summary>
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

    /// <summary>A row that weighs 8 makes the gradient 4 where it is in a probed micro-batch: S · 4 &lt; 8188, else S · ½ &lt; 8188.</summary>
    [TestMethod]
    [DataRow(4, 1, 0, 1024f)] // the first micro-batch of the first epoch
    [DataRow(4, 1, 1, 8192f)]
    [DataRow(4, 1, 3, 8192f)] // no shorter step at the end
    [DataRow(5, 4, 4, 1024f)] // the only row of the last step
    [DataRow(9, 4, 8, 1024f)] // and not the one behind the first step
    public void Run_Measured_ProbesTheFirstEpochsRows(int rows, int batch, int position, float expected)
    {
        int[] order = new int[rows];
        new RowOrder(rows, [], Seed).Fill(1, order);
        Assert.AreNotEqual(order[position], position, "another seed is needed, that moves the row");

        Assert.AreEqual(expected, Scale(Zeros(), Options(batch, 1), rows, row => row == order[position] ? 8f : 1f));
    }

    /// <summary>Activations of 1000, and a gradient of 0 below weights of 0, do not count: the largest of the gradients alone does.</summary>
    [TestMethod]
    public void Run_MeasuredWithAHiddenLayer_TakesTheLargestGradientAlone()
    {
        Network network = Zeros(3);
        network.Parameters.Single(parameter => parameter.Values.Length == 3 && parameter != network.OutputLayer.Weight && parameter.Rows == 1).Values.AsSpan().Fill(1000f);

        Assert.AreEqual(32768f, Scale(network, Options(4, 1), 4, _ => 1f));
    }

    /// <summary>The gradient of the loss that trains: 2 · (0 − 4) ÷ 4 rows = 2, so that S · 2 &lt; 8188.</summary>
    [TestMethod]
    public void Run_MeasuredOfASquaredError_TakesItsGradient()
    {
        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, NumericFormat.Float16, 1, hasWeights: false, targetWords: 1);
        for (int i = 0; i < 4; i++)
        {
            store.Append([1f], [4f], 1f);
        }

        var network = new Network(new NetworkDefinition(1, [], ActivationKind.None, 1));
        Assert.AreEqual(2048f, Train(network, Options(4, 1) with { Loss = new SquaredErrorLoss() }, device, store));
    }

    private static Network Zeros(params int[] hidden) => new(new NetworkDefinition(1, hidden, ActivationKind.Relu, 2));

    private static TrainingOptions Options(int batch, int accumulation)
        => new() { Precision = PrecisionPolicy.MixedFloat16, LossScaling = LossScaling.Measured(), BatchSize = batch, GradientAccumulationSteps = accumulation, Epochs = 1, Seed = Seed };

    private static float Scale(Network network, TrainingOptions options, int rows, Func<int, float> weight)
    {
        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, NumericFormat.Float16, 1, hasWeights: true);
        for (int i = 0; i < rows; i++)
        {
            store.Append([1f], i % 2, weight(i));
        }

        return Train(network, options, device, store);
    }

    private static float Train(Network network, TrainingOptions options, CpuDevice device, ExampleStore store)
    {
        TrainingResult result = new TrainingLoop(network, options, device, store, null).Run(null, _ => { }, () => { });
        Assert.AreEqual(0, result.Skipped);
        return result.FinalLossScale;
    }
}
