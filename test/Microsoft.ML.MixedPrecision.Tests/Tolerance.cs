namespace Microsoft.ML.MixedPrecision.Tests;

/// <summary>Two-sided comparisons of numbers.</summary>
internal static class Tolerance
{
    /// <summary>Fails unless |actual − expected| ≤ absolute + relative·|expected|; NaN and ±∞ must be met exactly.</summary>
    public static void AssertClose(double expected, double actual, double absolute, double relative, string what)
    {
        bool close = double.IsFinite(expected)
            ? Math.Abs(actual - expected) <= absolute + (relative * Math.Abs(expected))
            : expected.Equals(actual);
        if (!close)
        {
            Assert.Fail($"{what}: expected {expected:R}, got {actual:R}; allowed is {absolute:G3} + {relative:G3}·|expected|.");
        }
    }
}
