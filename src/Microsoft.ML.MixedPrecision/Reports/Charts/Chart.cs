namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>A chart, whatever its size.</summary>
/// <param name="Id">A word of letters, unique on its page.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Description">The same in a sentence with numbers, for those who do not see it.</param>
/// <param name="X">The axis across.</param>
/// <param name="Y">The axis up.</param>
/// <param name="Series">What is drawn, the hindmost first.</param>
internal sealed record Chart(string Id, string Title, string Description, Axis X, Axis Y, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>Where a vertical line stands, and what it says; null for none.</summary>
    public (double X, string Text)? Mark { get; init; }
}

/// <summary>Size of a drawing in user units, which are pixels where it is shown in its own size.</summary>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
internal readonly record struct ChartSize(double Width, double Height)
{
    /// <summary>For columns of a page.</summary>
    public static ChartSize Wide { get; } = new(600, 270);

    /// <summary>For telephones, where a wide drawing made small could not be read.</summary>
    public static ChartSize Narrow { get; } = new(328, 240);
}
