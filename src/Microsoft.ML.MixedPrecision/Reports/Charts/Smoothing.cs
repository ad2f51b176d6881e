namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>
/// A smoothed line over a noisy one: the exponential mean mᵢ = β·mᵢ₋₁ + (1 − β)·yᵢ, divided by 1 − βⁱ so that it starts at the first
/// value. A gap is left out.
/// </summary>
internal static class Smoothing
{
    /// <summary>The smoothed points.</summary>
    /// <param name="points">The noisy ones.</param>
    /// <param name="window">About how many points a value is the mean of: β = 1 − 1/window.</param>
    public static IReadOnlyList<ChartPoint> Of(IReadOnlyList<ChartPoint> points, double window)
    {
        double beta = 1 - (1 / Math.Max(1, window)), mean = 0, weight = 0;
        var smooth = new List<ChartPoint>();
        foreach (ChartPoint point in points)
        {
            if (double.IsFinite(point.Y))
            {
                mean = (beta * mean) + ((1 - beta) * point.Y);
                weight = (beta * weight) + (1 - beta);
                smooth.Add(point with { Y = mean / weight });
            }
        }

        return smooth;
    }
}
