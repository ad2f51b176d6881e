using Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

namespace Microsoft.ML.MixedPrecision.Tests.Benchmarks.Tables;

/// <summary>Ranks, wins, ratios and intervals against values that were worked out by hand.</summary>
[TestClass]
public sealed class ContestTests
{
    private const double Rounding = 1e-12;

    // Two tables of unlike numbers of splits: a table counts once.
    private static readonly Cell[] Cells =
    [
        new("one", 0, "a", 0.1), new("one", 0, "b", 0.2), new("one", 0, "c", 0.3),
        new("one", 1, "a", 0.3), new("one", 1, "b", 0.2), new("one", 1, "c", 0.2),
        new("two", 0, "a", 40), new("two", 0, "b", 10), new("two", 0, "c", double.NaN),
        // Not all took part: does not count.
        new("two", 1, "a", 1), new("two", 1, "b", 2),
        new("three", 0, "a", 1),
    ];

    [TestMethod]
    [DataRow(new[] { 3.0, 1.0, 2.0 }, new[] { 3.0, 1.0, 2.0 })]
    [DataRow(new[] { 5.0, 5.0, 2.0 }, new[] { 2.5, 2.5, 1.0 })]
    [DataRow(new[] { double.NaN, 7.0, double.NaN, 1.0 }, new[] { 3.5, 2.0, 3.5, 1.0 })]
    [DataRow(new[] { 4.0 }, new[] { 1.0 })]
    public void Ranks_OfErrors_LeastIsFirstAndEqualOnesShare(double[] errors, double[] expected)
        => CollectionAssert.AreEqual(expected, Contest.Ranks(errors));

    [TestMethod]
    // One: ranks 1 and 3; two: 2. (2 + 2)/2. b: 2, 1.5; 1. c: 3, 1.5; 3.
    [DataRow("a", 2.0)]
    [DataRow("b", 1.375)]
    [DataRow("c", 2.625)]
    public void MeanRank_TwoTables_CountsEachTableOnce(string contender, double expected)
        => Tolerance.AssertClose(expected, Create().MeanRank(contender).Value, Rounding, 0, contender);

    [TestMethod]
    [DataRow("a", "b", 0.25)]
    [DataRow("b", "a", 0.75)]
    [DataRow("b", "c", 0.875)]
    [DataRow("a", "c", 0.75)]
    public void WinRate_TwoTables_EqualOnesCountHalfAndFailuresLose(string contender, string against, double expected)
        => Tolerance.AssertClose(expected, Create().WinRate(contender, against).Value, Rounding, 0, contender);

    [TestMethod]
    public void ErrorRatio_TwoTables_IsGeometricMeanOfRatiosOfMeans()
        // Table one: 0.2/0.2, table two: 40/10; √(1 · 4).
        => Tolerance.AssertClose(2, Create().ErrorRatio("a", "b").Value, Rounding, 0, "ratio");

    [TestMethod]
    public void Tables_WithoutACompleteSplit_AreLeftOut()
        => CollectionAssert.AreEquivalent(new[] { "one", "two" }, Create().Tables.ToArray());

    [TestMethod]
    public void WinRate_OfNobody_SaysWhoTakesPart()
        => StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Create().WinRate("a", "d")).Message, "a, b, c");

    [TestMethod]
    public void Bootstrap_TwoValues_GivesTheirBinomialInterval()
    {
        // Means of two drawn from {0, 1}: 0, ½, 1 with ¼, ½, ¼. Every tail of 2.5 % is in the end values, every one of 40 % in the middle.
        Estimate wide = Bootstrap.Mean([0, 1], 0.95, 4000), narrow = Bootstrap.Mean([0, 1], 0.2, 4000);
        Assert.AreEqual(new Estimate(0.5, 0, 1), wide);
        Assert.AreEqual(new Estimate(0.5, 0.5, 0.5), narrow);
    }

    [TestMethod]
    public void Bootstrap_ManyValues_IntervalIsThatOfTheMean()
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(i => (double)(i % 5))];
        Estimate estimate = Bootstrap.Mean(values, 0.95, 20_000);
        // Values 0 to 4 alike have a variance of 2, their mean one of 2/400; the tails of the normal distribution begin at ±1.96.
        double half = 1.96 * Math.Sqrt(2.0 / 400);
        Tolerance.AssertClose(2, estimate.Value, Rounding, 0, "mean");
        Tolerance.AssertClose(2 - half, estimate.Low, 0.006, 0, "low");
        Tolerance.AssertClose(2 + half, estimate.High, 0.006, 0, "high");
        Assert.AreEqual(estimate, Bootstrap.Mean(values, 0.95, 20_000));
    }

    [TestMethod]
    [DataRow(0.0, 10.0)]
    [DataRow(0.25, 17.5)]
    [DataRow(0.5, 25.0)]
    [DataRow(1.0, 40.0)]
    public void Quantile_BetweenValues_IsOnTheLine(double p, double expected)
        => Tolerance.AssertClose(expected, Bootstrap.Quantile([10, 20, 30, 40], p), Rounding, 0, "quantile");

    private static Contest Create() => new(Cells, ["a", "b", "c"], resamples: 10);
}
