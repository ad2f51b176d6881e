using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Training;

namespace Microsoft.ML.MixedPrecision.Tests.Training;

/// <summary>The measured scale against a hand calculation: two classes and weights of 0, so that every element of the loss's gradient is ±½ ÷ rows of the step.</summary>
[TestClass]
public sealed class MeasuredLossScaleTests
{
    /// <summary>The largest power of two S with S · ½ ÷ rows under 65504 ÷ 8 = 8188.</summary>
    [TestMethod]
    [DataRow(4, 4, 1, 32768f)] // S < 8188 · 2 · 4 = 65504
    [DataRow(8, 4, 2, 65536f)] // a step of two micro-batches: S < 131008
    [DataRow(8, 4, 1, 32768f)]
    [DataRow(5, 4, 1, 8192f)] // the last step has one row: S < 16376
    [DataRow(9, 4, 2, 8192f)]
    [DataRow(3, 4, 9, 32768f)] // fewer rows than a batch: S < 49128
    public void Run_Measured_KeepsTheLargestGradientUnderAnEighthOfTheRange(int rows, int batch, int accumulation, float expected)
    {
        using var device = new CpuDevice(1);
        using var store = new ExampleStore(device, NumericFormat.Float16, 1, hasWeights: false);
        for (int i = 0; i < rows; i++)
        {
            store.Append([1f], i % 2, 1f);
        }

        var options = new TrainingOptions { Precision = PrecisionPolicy.MixedFloat16, LossScaling = LossScaling.Measured(), BatchSize = batch, GradientAccumulationSteps = accumulation, Epochs = 1 };
        TrainingResult result = new TrainingLoop(new Network(new NetworkDefinition(1, [], ActivationKind.None, 2)), options, device, store, null).Run(null, _ => { }, () => { });

        Assert.AreEqual(expected, result.FinalLossScale);
        Assert.AreEqual(0, result.Skipped);
    }
}
