namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>
/// What can be said at best of a row from what is seen of it: the mean of f(signal) over the numbers that are missing, given the others and
/// given that they are missing.
/// </summary>
/// <remarks>
/// The normal variables of a row are √ρ·g + √(1 − ρ)·eⱼ with a common g and independent eⱼ. Given n of them, g is normal with mean
/// √ρ·Σz ÷ (1 − ρ + nρ) and variance (1 − ρ) ÷ (1 − ρ + nρ); given g, those that are missing are independent, each weighted by its
/// probability to be missing there. Both integrals are sums over middles of parts of equal probability. A zero of the zero-inflated number
/// tells nothing of its variable, and the year has none.
/// </remarks>
/// <param name="formula">The signal.</param>
/// <param name="f">What is wanted of it: a probability, or the signal itself.</param>
internal sealed class MadeBest(MadeFormula formula, Func<double, double> f)
{
    private static readonly double[] Nodes = NormalDistribution.Nodes(16);

    /// <summary>The mean.</summary>
    public double Of(MadeRow row)
    {
        int[] missing = [.. MadeColumns.WithGaps.Where(number => row.Missing[number])];
        double known = formula.Rest(row)
            + MadeColumns.WithGaps.Except(missing).Sum(number => formula.Wave(number, row.Ranks[number]));
        if (missing.Length == 0)
        {
            return f(known);
        }

        const double Rho = MadeColumns.Correlation;
        double[] seen = [.. row.Normals.Where((z, number) => !double.IsNaN(z) && !row.Missing[number])];
        double precision = 1 - Rho + (seen.Length * Rho);
        double mean = Math.Sqrt(Rho) * seen.Sum() / precision, deviation = Math.Sqrt((1 - Rho) / precision);
        double sum = 0, weight = 0;
        foreach (double node in Nodes)
        {
            double common = Math.Sqrt(Rho) * (mean + (deviation * node));
            (double partSum, double partWeight) = Over(missing, common, known);
            sum += partSum;
            weight += partWeight;
        }

        return sum / weight;
    }

    private (double Sum, double Weight) Over(ReadOnlySpan<int> missing, double common, double known)
    {
        if (missing.IsEmpty)
        {
            return (f(known), 1);
        }

        double sum = 0, weight = 0;
        foreach (double node in Nodes)
        {
            double rank = NormalDistribution.Cumulative(common + (Math.Sqrt(1 - MadeColumns.Correlation) * node));
            double likely = MadeColumns.MissingProbability(rank);
            (double innerSum, double innerWeight) = Over(missing[1..], common, known + formula.Wave(missing[0], rank));
            sum += likely * innerSum;
            weight += likely * innerWeight;
        }

        return (sum, weight);
    }
}
