using System.Globalization;
using Microsoft.ML.MixedPrecision.Layers;
using Microsoft.ML.MixedPrecision.Rows;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Checks a previous model that training is to go on from.</summary>
internal static class WarmStart
{
    /// <summary>
    /// The largest weight that training can go on from in units of the labels' deviation: errors are as large as the weights, gradients
    /// behind the last layer the
    /// product of both, 10¹⁸, and AdamW squares these once more in Float32 (<see cref="Optimizers.OptimizerSettings.LargestNorm"/>).
    /// </summary>
    private const double Largest = 1e9;

    /// <summary>Checks the last layer of a previous model after <see cref="TargetScaling.Unfold"/>.</summary>
    /// <param name="output">The layer.</param>
    /// <param name="scaling">Of the labels of this training.</param>
    /// <param name="label">Their column.</param>
    /// <exception cref="InvalidOperationException">The model predicts numbers so much larger than the labels that nothing could be
    /// learned.</exception>
    public static void CheckSize(IOutputLayer output, TargetScaling scaling, string label)
    {
        float[] weights = output.Weight.Values, biases = output.Bias.Values;
        int inputs = weights.Length / biases.Length;
        for (int unit = 0; unit < biases.Length; unit++)
        {
            int target = unit % scaling.Mean.Count;
            float[] values = [.. weights.AsSpan(unit * inputs, inputs), biases[unit]];
            if (!values.All(value => Math.Abs(value) <= Largest))
            {
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The previous model predicts far larger numbers than the labels in column '{label}' are (mean "
                        + $"{scaling.Mean[target]}, deviation {scaling.Deviation[target]}, of target {target}, counted from 0): in units "
                        + $"of that deviation its last layer holds {values.Max(value => Math.Abs(value))}, and above {Largest:g2} "
                        + $"nothing can be learned. Give the labels in the unit that it was trained on, or train without a previous "
                            + $"model."));
            }
        }
    }
}
