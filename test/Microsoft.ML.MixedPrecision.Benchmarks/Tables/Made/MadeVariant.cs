namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Made;

/// <summary>Shares of a made-up table's signal that its parts have; together 1.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Smooth">Sines of quantile ranks.</param>
/// <param name="Steps">Thresholds.</param>
/// <param name="Slopes">Interactions of a number with a category.</param>
/// <param name="Levels">Effects of the levels of the category that has many.</param>
/// <param name="Parity">One exclusive or of two thresholds.</param>
internal sealed record MadeVariant(string Name, double Smooth, double Steps, double Slopes, double Levels, double Parity)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<MadeVariant> All { get; } =
    [
        new("smooth", 0.60, 0.10, 0.10, 0.15, 0.05),
        new("steps", 0.10, 0.40, 0.10, 0.15, 0.25),
        new("mixed", 0.30, 0.20, 0.20, 0.15, 0.15),
    ];
}
