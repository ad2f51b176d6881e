using System.Globalization;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Differences between two ways to compute the same outputs of the same rows.</summary>
/// <param name="LargestDifference">max |a − b| over all scores; infinity if one is finite and the other is not; null without
/// scores.</param>
/// <param name="MeanDifference">mean |a − b| over all scores; null without scores.</param>
/// <param name="LabelAgreement">Share of rows, 0 to 1, whose labels are all the same; null without labels or rows.</param>
public sealed record OnnxComparison(double? LargestDifference, double? MeanDifference, double? LabelAgreement)
{
    /// <summary>
    /// max |a − b| / (|a| + mean |a| of the output so far) over all scores, to tell a difference from FP32's rounding whatever the scores'
    /// size; infinity as in <see cref="LargestDifference"/>; 0 without scores.
    /// </summary>
    internal double LargestRelative { get; init; }

    /// <summary>The measured numbers in one line.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (LargestDifference is { } largest)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"largest difference {largest:G3}, mean {MeanDifference:G3}"));
        }

        if (LabelAgreement is { } agreement)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"same labels in {agreement:P2} of the rows"));
        }

        return string.Join("; ", parts);
    }
}
