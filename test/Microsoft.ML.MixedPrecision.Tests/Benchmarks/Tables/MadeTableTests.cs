using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;
using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

namespace Microsoft.ML.MixedPrecision.Tests.Benchmarks.Tables;

/// <summary>Made-up tables: what is drawn, and that what is called the best of a row is.</summary>
[TestClass]
public sealed class MadeTableTests
{
    private const int Rows = 20_000;

    private static IEnumerable<object[]> Variants => MadeVariant.All.Select(variant => new object[] { variant });

    [TestMethod]
    // Φ(1) and Φ(−2.5) from tables of the normal distribution; Φ⁻¹(0.975) = 1.959963985.
    [DataRow(0.0, 0.5)]
    [DataRow(1.0, 0.841344746068543)]
    [DataRow(-2.5, 0.00620966532577613)]
    [DataRow(1.95996398454005, 0.975)]
    public void Normal_CumulativeAndQuantile_AreThoseOfTables(double x, double p)
    {
        Tolerance.AssertClose(p, NormalDistribution.Cumulative(x), 1e-14, 0, "Φ");
        Tolerance.AssertClose(x, NormalDistribution.Quantile(p), 1e-11, 0, "Φ⁻¹");
    }

    [TestMethod]
    public void Draw_SameSeed_SameTable()
    {
        TableData a = Draw(Question.Binary, 1), b = Draw(Question.Binary, 1), c = Draw(Question.Binary, 2);
        CollectionAssert.AreEqual(a.Labels.Yes, b.Labels.Yes);
        CollectionAssert.AreEqual(a.Best, b.Best);
        CollectionAssert.AreEqual(a.Numbers[9], b.Numbers[9]);
        CollectionAssert.AreEqual(a.Categories[4], b.Categories[4]);
        CollectionAssert.AreNotEqual(a.Best, c.Best);
    }

    [TestMethod]
    public void Draw_MoreRows_BeginsWithTheSame()
        => CollectionAssert.AreEqual(
            Draw(Question.Regression, 1).Best![..100],
            MadeTable.Draw(MadeVariant.All[2], Question.Regression, 100, 1).Best);

    [TestMethod]
    public void Draw_Columns_AreAsDescribed()
    {
        TableData table = Draw(Question.Binary, 1);
        Assert.HasCount(12 + 5, table.Numbers);
        Assert.HasCount(6 + 3, table.Categories);
        // 4σ of a share of 20,000 rows: 0.014·√(p(1 − p)·2).
        Tolerance.AssertClose(0.4, Share(table.Numbers[7], value => value == 0), 0.014, 0, "zeros");
        foreach (int number in new[] { 0, 3, 9 })
        {
            // 5 % anyhow, and of the highest fifth 10 % of the others: 0.05 + 0.2·0.95·0.1.
            Tolerance.AssertClose(0.069, Share(table.Numbers[number], float.IsNaN), 0.0072, 0, "gaps");
        }

        Assert.IsTrue(table.Numbers[8].All(year => year is >= 1950 and <= 2024 && year == MathF.Floor(year)));
        Tolerance.AssertClose(0.02, table.TestOnly!.Count(only => only) / (double)Rows, 0.004, 0, "new levels");
        string[] learned = [.. table.Categories[4].Where((_, row) => !table.TestOnly![row])];
        Assert.IsFalse(table.Categories[4].Where((_, row) => table.TestOnly![row]).Intersect(learned).Any());
        // Median of exp(1.5z) is 1, of money 1e6; of Student's t 0, whose quartile is ±0.8165 for two degrees of freedom.
        Tolerance.AssertClose(1, Median(table.Numbers[4]), 0.06, 0, "lognormal");
        Tolerance.AssertClose(1e6, Median(table.Numbers[10]), 0, 0.03, "money");
        Tolerance.AssertClose(0.25, Share(table.Numbers[5], value => value < -0.8165f), 0.013, 0, "Student");
    }

    [TestMethod]
    public void Columns_OfTheCopula_AreCorrelatedByThreeTenths()
    {
        var random = new Random(5);
        MadeRow[] rows = [.. Enumerable.Range(0, Rows).Select(_ => MadeColumns.Draw(random))];
        foreach ((int a, int b) in new[] { (0, 1), (3, 9), (5, 11) })
        {
            double correlation = rows.Average(row => row.Normals[a] * row.Normals[b]);
            // Deviation √((1 + ρ²)/n), times four.
            Tolerance.AssertClose(0.3, correlation, 0.03, 0, "correlation");
            // Deviation √(2/n), times four.
            Tolerance.AssertClose(1, rows.Average(row => row.Normals[a] * row.Normals[a]), 0.04, 0, "variance");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Variants))]
    public void Best_YesOrNo_IsCalibratedAndAtTheWantedArea(object variant)
    {
        TableData table = MadeTable.Draw((MadeVariant)variant, Question.Binary, Rows, 1);
        // Every group whose rows can be told by what is seen has as many of yes as its probabilities say: 4 deviations.
        AssertCalibrated(table, _ => true);
        AssertCalibrated(table, row => float.IsNaN(table.Numbers[0][row]));
        AssertCalibrated(table, row => float.IsNaN(table.Numbers[3][row]));
        AssertCalibrated(table, row => float.IsNaN(table.Numbers[9][row]) || float.IsNaN(table.Numbers[3][row]));
        AssertCalibrated(table, row => float.IsNaN(table.Numbers[0][row]) && table.Numbers[1][row] > 0.5);
        AssertCalibrated(table, row => table.Numbers[4][row] > 2);
        AssertCalibrated(table, row => table.Best![row] > 0.7);
        AssertCalibrated(table, row => table.Best![row] < 0.1);
        double auc = Judge.Best(new(1), table, [.. Enumerable.Range(0, Rows)]).Auc;
        Assert.IsTrue(auc is > 0.80 and < 0.86, $"area {auc}");
    }

    [TestMethod]
    [DynamicData(nameof(Variants))]
    public void Best_Numbers_LeavesNoMoreThanTheNoise(object variant)
    {
        TableData table = MadeTable.Draw((MadeVariant)variant, Question.Regression, Rows, 1);
        int[] whole = [
            .. Enumerable.Range(0, Rows)
                .Where(row => !table.TestOnly![row] && !new[] { 0, 3, 9 }.Any(number => float.IsNaN(table.Numbers[number][row])))];
        // |100·0.4·t| of Student's t with three degrees of freedom has a mean of 40·2√3/π (its variance is too unsure a measure).
        double size = whole.Average(row => Math.Abs(table.Labels.Amounts![row] - table.Best![row]));
        Tolerance.AssertClose(40 * 2 * Math.Sqrt(3) / Math.PI, size, 0, 0.04, "noise");
    }

    [TestMethod]
    [DataRow(new[] { 0 })]
    [DataRow(new[] { 9, 3 })]
    [DataRow(new[] { 0, 3, 9 })]
    public void Best_MissingNumbers_IsTheMeanOverThoseThatCanBe(int[] missing)
    {
        var formula = new MadeFormula(MadeVariant.All[0], 7);
        static double F(double signal) => 1 / (1 + Math.Exp(-2 * signal));
        var random = new Random(11);
        for (int trial = 0; trial < 3; trial++)
        {
            MadeRow row = MadeColumns.Draw(random);
            row = row with { Missing = [.. Enumerable.Range(0, 12).Select(number => missing.Contains(number))] };
            // Another way: draw what is missing from its conditional normal distribution, computed from the matrix of correlations one
            // number after the other, and weigh by the probability that it is missing.
            double sum = 0, weight = 0;
            for (int draw = 0; draw < 100_000; draw++)
            {
                MadeRow whole = Filled(row, missing, random);
                double likely = missing.Aggregate(1.0, (product, number) => product * MissingProbability(whole.Ranks[number]));
                sum += likely * F(formula.Signal(whole));
                weight += likely;
            }

            // Deviation of the mean is below 0.5/√100,000 = 0.0016; the sums over 16 parts are as exact.
            Tolerance.AssertClose(sum / weight, new MadeBest(formula, F).Of(row), 0.008, 0, $"trial {trial}");
        }
    }

    /// <summary>Draws missing numbers in turn, each given all that are known by then: of n others with correlation ρ to each other and to
    /// it the mean is ρ·Σz ÷ (1 + (n − 1)ρ), the variance 1 − nρ² ÷ (1 + (n − 1)ρ).</summary>
    private static MadeRow Filled(MadeRow row, int[] missing, Random random)
    {
        const double Rho = 0.3;
        double[] normals = [.. row.Normals], ranks = [.. row.Ranks];
        var known = Enumerable.Range(0, 12).Where(number => !double.IsNaN(normals[number]) && !missing.Contains(number)).ToList();
        foreach (int number in missing)
        {
            double spread = 1 + ((known.Count - 1) * Rho);
            double mean = Rho * known.Sum(other => normals[other]) / spread;
            double variance = 1 - (known.Count * Rho * Rho / spread);
            double z = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            normals[number] = mean + (Math.Sqrt(variance) * z);
            ranks[number] = NormalDistribution.Cumulative(normals[number]);
            known.Add(number);
        }

        return row with { Normals = normals, Ranks = ranks };
    }

    private static double MissingProbability(double rank) => rank > 0.8 ? 0.05 + (0.95 * 0.1) : 0.05;

    private static void AssertCalibrated(TableData table, Func<int, bool> group)
    {
        int[] rows = [.. Enumerable.Range(0, table.Count).Where(group)];
        // New levels have no effect, known ones have: both are in the formula.
        double difference = rows.Sum(row => (table.Labels.Yes![row] ? 1 : 0) - table.Best![row]);
        double deviation = Math.Sqrt(rows.Sum(row => table.Best![row] * (1 - table.Best[row])));
        Assert.IsGreaterThan(50, rows.Length);
        Assert.IsLessThan(4 * deviation, Math.Abs(difference), $"{rows.Length} rows");
    }

    private static TableData Draw(Question question, int seed) => MadeTable.Draw(MadeVariant.All[2], question, Rows, seed);

    private static double Share(float[] values, Func<float, bool> which) => values.Count(which) / (double)values.Length;

    private static double Median(float[] values) => values.Order().ElementAt(values.Length / 2);
}
