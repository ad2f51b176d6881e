namespace Microsoft.ML.MixedPrecision.Run;

/// <summary>The area under the ROC curve.</summary>
internal static class AreaUnderCurve
{
    /// <summary>
    /// The share of pairs of a positive and a negative row in which the positive one has the larger score, pairs with equal scores counting
    /// half: (Σ ranks of positives − P(P + 1)/2) ÷ (P·N), the statistic of Mann and Whitney. NaN without both kinds of rows, and where a
    /// score is NaN.
    /// </summary>
    /// <param name="scores">A score a row.</param>
    /// <param name="isPositive">Which rows are positive.</param>
    public static double Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> isPositive)
    {
        double[] sorted = scores.ToArray();
        bool[] positive = isPositive.ToArray();
        Array.Sort(sorted, positive);
        double ranks = 0;
        long positives = 0;
        for (int first = 0, next; first < sorted.Length; first = next)
        {
            next = first + 1;
            while (next < sorted.Length && sorted[next] == sorted[first])
            {
                next++;
            }

            int count = positive.AsSpan(first, next - first).Count(true);
            positives += count;
            ranks += count * ((first + next + 1.0) / 2);
        }

        // NaN sorts before all others.
        return sorted.Length > 0 && double.IsNaN(sorted[0])
            ? double.NaN
            : (ranks - (positives * (positives + 1) / 2.0)) / ((double)positives * (sorted.Length - positives));
    }
}
