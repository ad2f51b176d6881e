namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>
/// Leaves of many points what a drawing can show: of those in one column of pixels the first, the smallest, the largest and the last. So
/// peaks stay, which a random or regular sample loses.
/// </summary>
internal static class PointThinning
{
    /// <summary>The points that are drawn.</summary>
    /// <param name="points">From left to right; gaps, which are not finite, stay gaps.</param>
    /// <param name="x">The axis across.</param>
    /// <param name="columns">Columns of pixels.</param>
    public static IEnumerable<ChartPoint> Of(IReadOnlyList<ChartPoint> points, Axis x, int columns)
    {
        for (int from = 0; from < points.Count;)
        {
            int column = Column(points[from], x, columns), to = from + 1;
            while (to < points.Count && Column(points[to], x, columns) == column)
            {
                to++;
            }

            foreach (int at in Kept(points, from, to))
            {
                yield return points[at];
            }

            from = to;
        }
    }

    private static int Column(ChartPoint point, Axis x, int columns) => (int)Math.Floor(x.Position(point.X) * columns);

    /// <summary>First, smallest, largest and last in their order, and one gap where there is any.</summary>
    private static IEnumerable<int> Kept(IReadOnlyList<ChartPoint> points, int from, int to)
    {
        int smallest = from, largest = from, gap = -1;
        for (int i = from; i < to; i++)
        {
            if (!double.IsFinite(points[i].Y))
            {
                gap = i;
                continue;
            }

            smallest = points[i].Y < points[smallest].Y || !double.IsFinite(points[smallest].Y) ? i : smallest;
            largest = points[i].Y > points[largest].Y || !double.IsFinite(points[largest].Y) ? i : largest;
        }

        return new SortedSet<int>(gap < 0 ? [from, smallest, largest, to - 1] : [from, smallest, largest, gap, to - 1]);
    }
}
