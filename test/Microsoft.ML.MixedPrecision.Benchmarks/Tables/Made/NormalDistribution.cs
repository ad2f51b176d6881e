namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    private const double Far = 8;

    /// <summary>
    /// Φ(x) = ½ + φ(x)·Σₖ x²ᵏ⁺¹/(1·3·5···(2k+1)), to about 1e-15; 0 and 1 beyond ±8 (G. Marsaglia, <i>Evaluating the normal
    /// distribution</i>, Journal of Statistical Software 11(4), 2004).
    /// </summary>
    public static double Cumulative(double x)
    {
        if (Math.Abs(x) > Far)
        {
            return x > 0 ? 1 : 0;
        }

        double sum = x, term = x, before = 0;
        for (int k = 3; sum != before; k += 2)
        {
            before = sum;
            term *= x * x / k;
            sum += term;
        }

        return 0.5 + (sum * Density(x));
    }

    /// <summary>Φ⁻¹(p) by Newton's steps from 0, which converge for every p that is farther than 1e-12 from 0 and 1.</summary>
    public static double Quantile(double p)
    {
        double x = 0;
        for (int i = 0; i < 100; i++)
        {
            double step = (Cumulative(x) - p) / Density(x);
            x -= Math.Clamp(step, -1, 1);
            if (Math.Abs(step) < 1e-14)
            {
                break;
            }
        }

        return x;
    }

    /// <summary>Quantiles of the middles of <paramref name="count"/> parts of equal probability.</summary>
    public static double[] Nodes(int count) => [.. Enumerable.Range(0, count).Select(i => Quantile((i + 0.5) / count))];

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
}
