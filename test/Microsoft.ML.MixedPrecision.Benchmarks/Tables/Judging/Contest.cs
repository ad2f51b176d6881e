namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

/// <summary>Contenders beside each other in all splits of some tables. Every table counts the same, however many splits it has.</summary>
internal sealed class Contest
{
    private const double Percent95 = 0.95;

    private readonly Dictionary<string, IReadOnlyList<double[]>> _errors;
    private readonly int _resamples;

    /// <summary>A contest.</summary>
    /// <param name="cells">What was reached. Splits in which not every contender was run are left out.</param>
    /// <param name="contenders">Who takes part.</param>
    /// <param name="resamples">Draws of tables for each interval.</param>
    public Contest(IEnumerable<Cell> cells, IReadOnlyList<string> contenders, int resamples)
    {
        (Contenders, _resamples) = (contenders, resamples);
        _errors = cells
            .GroupBy(cell => cell.Table)
            .Select(table => (table.Key, Splits: Complete(table)))
            .Where(table => table.Splits.Count > 0)
            .OrderBy(table => table.Key, StringComparer.Ordinal)
            .ToDictionary(table => table.Key, table => table.Splits);
    }

    /// <summary>Who takes part.</summary>
    public IReadOnlyList<string> Contenders { get; }

    /// <summary>Tables that count.</summary>
    public IReadOnlyCollection<string> Tables => _errors.Keys;

    /// <summary>Mean rank, 1 the best; equal errors share the mean of their ranks.</summary>
    public Estimate MeanRank(string contender)
    {
        int index = Index(contender);
        return Over(splits => splits.Average(errors => Ranks(errors)[index]));
    }

    /// <summary>Share of splits in which one has the lesser error than another; equal ones count half.</summary>
    public Estimate WinRate(string contender, string against)
    {
        (int a, int b) = (Index(contender), Index(against));
        return Over(splits => splits.Average(errors => Wins(errors[a], errors[b])));
    }

    /// <summary>Geometric mean over tables of one's mean error over another's. Below 1 it is better.</summary>
    public Estimate ErrorRatio(string contender, string against)
    {
        (int a, int b) = (Index(contender), Index(against));
        return Over(
            splits => Math.Log(splits.Average(errors => errors[a])) - Math.Log(splits.Average(errors => errors[b]))).Map(Math.Exp);
    }

    /// <summary>Ranks of errors, from 1; NaN is the worst, equal ones share the mean of their ranks.</summary>
    public static double[] Ranks(IReadOnlyList<double> errors)
        => [.. errors.Select(error => 0.5 + errors.Sum(other => Wins(other, error)))];

    private static double Wins(double error, double other)
        => (double.IsNaN(error), double.IsNaN(other)) switch
        {
            (false, false) => error < other ? 1 : error > other ? 0 : 0.5,
            (true, true) => 0.5,
            (var failed, _) => failed ? 0 : 1,
        };

    private int Index(string contender)
        => Contenders.ToList().IndexOf(contender) is var index and >= 0
            ? index
            : throw new ArgumentException($"{contender} does not take part; these do: {string.Join(", ", Contenders)}.", nameof(contender));

    private IReadOnlyList<double[]> Complete(IEnumerable<Cell> table)
        => [
            .. table.GroupBy(cell => cell.Split)
                .OrderBy(split => split.Key)
                .Select(split => split.ToDictionary(cell => cell.Contender, cell => cell.Error))
                .Where(split => Contenders.All(split.ContainsKey))
                .Select(split => Contenders.Select(contender => split[contender]).ToArray()),
        ];

    private Estimate Over(Func<IReadOnlyList<double[]>, double> ofTable)
        => Bootstrap.Mean([.. _errors.Values.Select(ofTable)], Percent95, _resamples);
}
