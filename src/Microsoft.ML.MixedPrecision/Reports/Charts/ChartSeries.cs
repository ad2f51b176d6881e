namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>How a series is drawn.</summary>
internal enum SeriesKind
{
    /// <summary>Points joined by lines.</summary>
    Line,

    /// <summary>Each value holds until the next point.</summary>
    Steps,

    /// <summary>Points joined by lines, each with a dot.</summary>
    DottedLine,

    /// <summary>A cross at each point.</summary>
    Crosses,
}

/// <summary>One series of a chart.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Style">Class of <see cref="ChartStyle"/>: colour, and dash or marker, so that colour alone tells nothing.</param>
/// <param name="Kind">How it is drawn.</param>
/// <param name="Points">From left to right.</param>
internal sealed record ChartSeries(string Name, string Style, SeriesKind Kind, IReadOnlyList<ChartPoint> Points);
