namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

/// <summary>How sure a mean over tables is, if the tables are a sample of those there are.</summary>
internal static class Bootstrap
{
    private const int Seed = 1;

    /// <summary>
    /// The mean, and the middle part of the means of samples that are drawn from the values with replacement, as many as there are
    /// (B. Efron, <i>Bootstrap methods</i>, 1979; percentile interval). The same seed draws the same tables each time, so that two
    /// intervals over the same tables are paired.
    /// </summary>
    /// <param name="values">A value a table.</param>
    /// <param name="level">Share of the means in the interval.</param>
    /// <param name="resamples">Samples.</param>
    public static Estimate Mean(IReadOnlyList<double> values, double level, int resamples)
    {
        var random = new Random(Seed);
        double[] means = new double[resamples];
        for (int i = 0; i < resamples; i++)
        {
            double sum = 0;
            for (int j = 0; j < values.Count; j++)
            {
                sum += values[random.Next(values.Count)];
            }

            means[i] = sum / values.Count;
        }

        Array.Sort(means);
        return new(values.Average(), Quantile(means, (1 - level) / 2), Quantile(means, (1 + level) / 2));
    }

    /// <summary>Quantile of sorted values: between two of them on the line through both (R's type 7).</summary>
    public static double Quantile(double[] sorted, double p)
    {
        double at = p * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length
            ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]))
            : sorted[^1];
    }
}
