using Microsoft.ML.MixedPrecision.Reports.Charts;

namespace Microsoft.ML.MixedPrecision.Tests.Reports;

/// <summary>Thinning keeps peaks, ends and gaps; smoothing is the mean that is documented.</summary>
[TestClass]
public sealed class PointThinningTests
{
    private static readonly Axis Unit = new("", AxisKind.Linear, 0, 1);

    [TestMethod]
    public void Of_ManyPoints_KeepsFirstSmallestLargestAndLastOfEachColumn()
    {
        const int Points = 10_000, Columns = 37;
        var random = new Random(1);
        ChartPoint[] points = [.. Enumerable.Range(0, Points).Select(i => new ChartPoint(i / (double)Points, random.NextDouble()))];

        ChartPoint[] kept = [.. PointThinning.Of(points, Unit, Columns)];

        Assert.IsLessThanOrEqualTo(4 * Columns, kept.Length);
        foreach (ChartPoint[] column in Enumerable.Range(0, Columns).Select(
            column => points.Where(point => (int)(point.X * Columns) == column).ToArray()))
        {
            CollectionAssert.IsSubsetOf(
                new[] { column[0], column.MinBy(point => point.Y), column.MaxBy(point => point.Y), column[^1] }, kept);
        }

        CollectionAssert.AreEqual(kept.OrderBy(point => point.X).ToArray(), kept);
    }

    [TestMethod]
    public void Of_PointsWithGaps_KeepsAGap()
    {
        ChartPoint[] points = [new(0.1, double.NaN), new(0.11, 3), new(0.12, double.PositiveInfinity), new(0.13, 5), new(0.9, 1)];

        ChartPoint[] kept = [.. PointThinning.Of(points, Unit, 2)];

        Assert.IsTrue(kept.Any(point => !double.IsFinite(point.Y)));
        CollectionAssert.IsSubsetOf(new[] { points[1], points[3], points[4] }, kept);
    }

    [TestMethod]
    public void Of_NoPoints_IsNone() => Assert.IsEmpty(PointThinning.Of([], Unit, 10));

    /// <summary>Weights β^(n−i), divided by their sum, by hand for 1, 2, NaN, 4 and β = ¾.</summary>
    [TestMethod]
    public void Smoothing_OfPoints_IsTheExponentialMeanFromTheFirstValueOn()
    {
        ChartPoint[] smooth = [.. Smoothing.Of([new(0, 1), new(1, 2), new(2, double.NaN), new(3, 4)], window: 4)];

        Assert.HasCount(3, smooth);
        Assert.AreEqual(1, smooth[0].Y, 1e-12);
        Assert.AreEqual((0.75 + 2) / 1.75, smooth[1].Y, 1e-12);
        Assert.AreEqual((0.5625 + (0.75 * 2) + 4) / 2.3125, smooth[2].Y, 1e-12);
        Assert.AreEqual(3, smooth[2].X);
    }
}
