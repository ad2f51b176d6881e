namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>
/// The columns of made-up tables, and how their rows are drawn. Numbers that count are Φ-transformed normal variables with a correlation of
/// <see cref="Correlation"/> each (a Gaussian copula), but for the year, which is independent; categories are independent.
/// </summary>
internal static class MadeColumns
{
    /// <summary>Correlation of any two normal variables.</summary>
    public const double Correlation = 0.3;

    /// <summary>Numbers that count.</summary>
    public const int Numbers = 12;

    /// <summary>The number that is 0 with a probability of <see cref="ZeroShare"/>, whatever else; its rank is then 0.</summary>
    public const int ZeroInflated = 7;

    /// <summary>The number that is a year; its rank is the middle of the year's.</summary>
    public const int Year = 8;

    /// <summary>Levels of the category that has many. More, <see cref="NewLevels"/>, come only in rows to test on.</summary>
    public const int ManyLevels = 500;

    /// <summary>Levels that nobody can learn.</summary>
    public const int NewLevels = 20;

    /// <summary>Levels of the categories that count: of two, five, nine, forty and many.</summary>
    public static readonly int[] Levels = [2, 5, 9, 40, ManyLevels + NewLevels];

    /// <summary>Numbers that are missing at times.</summary>
    public static readonly int[] WithGaps = [0, 3, 9];

    private const double ZeroShare = 0.4;
    private const double NewShare = 0.02;
    private const int Years = 75;
    private const int Regions = 12;
    private const double MissingAnyhow = 0.05;
    private const double MissingIfHigh = 0.1;
    private const double High = 0.8;

    /// <summary>Weights of the many levels, by Zipf's law: 1/(k + 3).</summary>
    public static double[] ManyWeights { get; } = [.. Enumerable.Range(0, ManyLevels).Select(k => 1.0 / (k + 3))];

    /// <summary>Probability that a number of <see cref="WithGaps"/> is missing: 5 % anyhow, and 10 % of the rest in the highest
    /// fifth.</summary>
    public static double MissingProbability(double rank) => 1 - ((1 - MissingAnyhow) * (1 - (rank > High ? MissingIfHigh : 0)));

    /// <summary>Draws a row.</summary>
    public static MadeRow Draw(Random random)
    {
        float[] normals = new float[Numbers + 1];
        Normal.Fill(random, normals);
        double[] z = new double[Numbers], ranks = new double[Numbers];
        for (int j = 0; j < Numbers; j++)
        {
            z[j] = (Math.Sqrt(Correlation) * normals[Numbers]) + (Math.Sqrt(1 - Correlation) * normals[j]);
            ranks[j] = NormalDistribution.Cumulative(z[j]);
        }

        if (random.NextDouble() < ZeroShare)
        {
            (z[ZeroInflated], ranks[ZeroInflated]) = (double.NaN, 0);
        }

        (z[Year], ranks[Year]) = (double.NaN, (random.Next(Years) + 0.5) / Years);
        int[] levels = [.. Levels.Select(count => random.Next(count))];
        levels[^1] = random.NextDouble() < NewShare ? ManyLevels + random.Next(NewLevels) : Weighted(random, ManyWeights);
        bool[] missing = new bool[Numbers];
        foreach (int j in WithGaps)
        {
            missing[j] = random.NextDouble() < MissingProbability(ranks[j]);
        }

        return new(z, ranks, levels, missing);
    }

    /// <summary>What is seen of the numbers that count: normal, lognormal with σ = 1.5, Student's t with two degrees of freedom, zero or
    /// lognormal, a year, money in millions.</summary>
    public static float[] Values(MadeRow row)
    {
        double[] z = row.Normals, u = row.Ranks;
        double[] values =
        [
            z[0], z[1], z[2], Math.Exp(1.5 * z[3]), Math.Exp(1.5 * z[4]), Student(u[5]), Student(u[6]),
            double.IsNaN(z[ZeroInflated]) ? 0 : Math.Exp(z[ZeroInflated]), 1950 + Math.Floor(u[Year] * Years),
            1e6 * Math.Exp(0.8 * z[9]), 1e6 * Math.Exp(0.8 * z[10]), z[11],
        ];
        return [.. values.Select((value, j) => row.Missing[j] ? float.NaN : (float)value)];
    }

    /// <summary>What is seen of the categories: those that count, and a coarser one of the many levels.</summary>
    public static string[] Names(MadeRow row)
        => [.. row.Levels.Select((level, i) => $"{Levels[i]}-{level}"), $"region-{row.Levels[^1] % Regions}"];

    /// <summary>Numbers that do not count: normal, lognormal, Student's, uniform, a digit.</summary>
    public static float[] NoiseValues(Random random)
    {
        float[] z = new float[2];
        Normal.Fill(random, z);
        return [z[0], (float)Math.Exp(1.5 * z[1]), (float)Student(Inner(random)), random.NextSingle(), random.Next(10)];
    }

    /// <summary>Categories that do not count, of 2, 6 and 30 levels.</summary>
    public static string[] NoiseNames(Random random) => [.. new[] { 2, 6, 30 }.Select(levels => $"noise-{random.Next(levels)}")];

    /// <summary>Quantile of Student's t distribution with two degrees of freedom: (2u − 1)/√(2u(1 − u)).</summary>
    private static double Student(double u) => ((2 * u) - 1) / Math.Sqrt(2 * Math.Max(u * (1 - u), 1e-12));

    private static double Inner(Random random) => (random.NextDouble() * (1 - 2e-9)) + 1e-9;

    private static int Weighted(Random random, double[] weights)
    {
        double at = random.NextDouble() * weights.Sum();
        int i = 0;
        while (i < weights.Length - 1 && (at -= weights[i]) > 0)
        {
            i++;
        }

        return i;
    }
}
