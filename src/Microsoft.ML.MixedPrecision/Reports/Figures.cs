using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>Numbers of a training as people read them, the same in every culture.</summary>
internal static class Figures
{
    /// <summary>Four significant digits, as much as losses and norms are compared by: <c>0.2345</c>, <c>1.234E-05</c>, <c>NaN</c>.</summary>
    public static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>A share in percent with one digit: <c>93.1 %</c>.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");

    /// <summary>A count, abbreviated from ten thousand on: <c>9,876</c>, <c>123k</c>, <c>12M</c>.</summary>
    public static string Count(double value) => value switch
    {
        >= 1e7 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:N0}M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:N0}k"),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    /// <summary>A loss scale, which mostly is a power of two: <c>2^16</c>, <c>1</c>, <c>1000</c>.</summary>
    public static string Scale(float scale) => Exponent(scale) is { } exponent && exponent != 0
        ? string.Create(CultureInfo.InvariantCulture, $"2^{exponent}")
        : scale.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>k where the value is 2ᵏ; else null.</summary>
    public static int? Exponent(float value) => float.IsNormal(value) && MathF.ScaleB(1, MathF.ILogB(value)) == value ? MathF.ILogB(value) : null;
}
