using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Run.Advice;

/// <summary>
/// Finds a weight decay that makes weights grow: a step multiplies them by 1 − LearningRate·WeightDecay, and the magnitude of that is above
/// 1 where the
/// product is above 2. Where the rate is the larger factor, it is what is too large.
/// </summary>
internal static class DecayAdvice
{
    private const double LargestProduct = 2;

    /// <summary>A sentence with the remedy; null where decay makes weights smaller, or the rate is to blame.</summary>
    public static string? Of(TrainingOptions options)
    {
        double product = (double)options.LearningRate * options.WeightDecay;
        return !(product > LargestProduct && options.WeightDecay > options.LearningRate) ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"WeightDecay {options.WeightDecay} times LearningRate {options.LearningRate} is {product:G3}: each step multiplies the "
                + $"weights by 1 − {product:G3}, so that they grow. Lower WeightDecay; 0.01 is usual.");
    }
}
