namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>
/// The signal of a made-up table: a sum of parts, each of which has a variance of about 1, weighted by the roots of a variant's shares;
/// shifted and scaled to mean 0 and variance 1. Signs, waves, thresholds and effects are drawn by seed.
/// </summary>
internal sealed class MadeFormula
{
    private const int PilotRows = 20_000;
    private static readonly int[] SmoothNumbers = [0, 3, 5, 9];
    private static readonly int[] StepNumbers = [1, 7, 10];
    private static readonly (int Number, int Category)[] Slopes = [(2, 2), (8, 1)];
    private static readonly (int First, int Second) Parity = (4, 6);

    private readonly MadeVariant _variant;
    private readonly (double Turns, double Start)[] _waves;
    private readonly double[] _thresholds;
    private readonly double[][] _slopes;
    private readonly double[] _effects;
    private readonly double _mean;
    private readonly double _deviation = 1;

    /// <summary>A formula.</summary>
    /// <param name="variant">Weights of the parts.</param>
    /// <param name="seed">Of the coefficients.</param>
    public MadeFormula(MadeVariant variant, int seed)
    {
        _variant = variant;
        var random = new Random(seed);
        _waves = [.. SmoothNumbers.Select(_ => (0.5 + random.NextDouble(), random.NextDouble()))];
        _thresholds = [.. StepNumbers.Select(_ => 0.3 + (0.4 * random.NextDouble()))];
        _slopes = [.. Slopes.Select(slope => Standard(random, MadeColumns.Levels[slope.Category], null))];
        // Of a new level nobody can know more than the mean of all.
        _effects = [.. Standard(random, MadeColumns.ManyLevels, MadeColumns.ManyWeights), .. new double[MadeColumns.NewLevels]];
        double[] pilot = [.. Enumerable.Range(0, PilotRows).Select(_ => Signal(MadeColumns.Draw(random)))];
        _mean = pilot.Average();
        _deviation = Statistics.Deviation(pilot);
    }

    /// <summary>The signal of a row of which everything is known.</summary>
    public double Signal(MadeRow row)
        => Rest(row) + MadeColumns.WithGaps.Sum(number => Wave(number, row.Ranks[number]));

    /// <summary>The signal without what numbers that may be missing bring.</summary>
    public double Rest(MadeRow row)
    {
        double steps = StepNumbers.Select((number, i) => Sign(row.Ranks[number] > _thresholds[i])).Sum() / Math.Sqrt(StepNumbers.Length);
        // A uniform rank has a variance of 1/12.
        double slopes = Slopes.Select(
            (slope, i) => _slopes[i][row.Levels[slope.Category]] * Math.Sqrt(12) * (row.Ranks[slope.Number] - 0.5)).Sum()
            / Math.Sqrt(Slopes.Length);
        double parity = Sign(row.Ranks[Parity.First] > 0.5 ^ row.Ranks[Parity.Second] > 0.5);
        double sum = (Math.Sqrt(_variant.Steps) * steps) + (Math.Sqrt(_variant.Slopes) * slopes) + (Math.Sqrt(_variant.Parity) * parity)
            + (Math.Sqrt(_variant.Levels) * _effects[row.Levels[^1]]);
        return ((sum - _mean) / _deviation)
            + SmoothNumbers.Except(MadeColumns.WithGaps).Sum(number => Wave(number, row.Ranks[number]));
    }

    /// <summary>What a number of the smooth part brings: √(2/4)·sin(2π(turns·rank + start)), weighted and scaled as the signal
    /// is.</summary>
    public double Wave(int number, double rank)
    {
        (double turns, double start) = _waves[Array.IndexOf(SmoothNumbers, number)];
        return Math.Sqrt(2 * _variant.Smooth / SmoothNumbers.Length) * Math.Sin(2 * Math.PI * ((turns * rank) + start)) / _deviation;
    }

    private static int Sign(bool positive) => positive ? 1 : -1;

    /// <summary>Normal numbers, shifted and scaled to a weighted mean of 0 and a weighted mean square of 1.</summary>
    private static double[] Standard(Random random, int count, double[]? weights)
    {
        float[] drawn = new float[count];
        Normal.Fill(random, drawn);
        double total = weights?.Sum() ?? count;
        double mean = drawn.Select((value, i) => value * (weights?[i] ?? 1)).Sum() / total;
        double root = Math.Sqrt(drawn.Select((value, i) => (value - mean) * (value - mean) * (weights?[i] ?? 1)).Sum() / total);
        return [.. drawn.Select(value => (value - mean) / root)];
    }
}
