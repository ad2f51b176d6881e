namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>A point of a curve; a y that is not finite is a gap.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Up.</param>
internal readonly record struct ChartPoint(double X, double Y);
