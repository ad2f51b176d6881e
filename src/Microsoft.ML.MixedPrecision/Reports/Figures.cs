using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>Numbers of a training as people read them, the same in every culture.</summary>
internal static class Figures
{
    /// <summary>What stands where nothing is known.</summary>
    public const string Unknown = "–";

    /// <summary>
    /// Four significant digits, as much as losses and norms are compared by: <c>0.2345</c>, <c>1.234E-05</c>, <c>NaN</c>.
    /// </summary>
    public static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>The same for pages, where what is not known or not a number is a dash and an infinity its sign.</summary>
    public static string NumberOrDash(double? value) => value switch
    {
        null or double.NaN => Unknown,
        double.PositiveInfinity => "∞",
        double.NegativeInfinity => "−∞",
        { } number => Number(number),
    };

    /// <summary>A share in percent with one digit: <c>93.1 %</c>.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1} %");

    /// <summary>A count in full: <c>1,234,567</c>.</summary>
    public static string Whole(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A count and what is counted, in the plural where there is not one: <c>1 step</c>, <c>12 steps</c>.</summary>
    public static string Whole(long count, string one) => $"{Whole(count)} {one}{(count == 1 ? "" : "s")}";

    /// <summary>A count, abbreviated from ten thousand on: <c>9,876</c>, <c>123k</c>, <c>12M</c>.</summary>
    public static string Count(double value) => value switch
    {
        >= 1e7 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:N0}M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:N0}k"),
        _ => value.ToString("N0", CultureInfo.InvariantCulture),
    };

    /// <summary>Bytes in the unit that suits them: <c>512 B</c>, <c>1.5 MiB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):N1} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):N1} MiB"),
        >= 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):N1} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
    };

    /// <summary>A time in the unit that suits it: <c>12 ms</c>, <c>1.52 s</c>, <c>3 min 20 s</c>, <c>2 h 5 min</c>.</summary>
    public static string Time(TimeSpan time) => time switch
    {
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours):N0} h {time.Minutes} min"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        { TotalSeconds: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:F2} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms"),
    };

    /// <summary>A loss scale, which mostly is a power of two: <c>2^16</c>, <c>1</c>, <c>1000</c>.</summary>
    public static string Scale(float scale) => Exponent(scale) is { } exponent && exponent != 0
        ? string.Create(CultureInfo.InvariantCulture, $"2^{exponent}")
        : scale.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>The same for pages: <c>2¹⁶</c>.</summary>
    public static string ScaleOnPage(float scale) => Exponent(scale) is { } exponent && exponent != 0
        ? "2" + Superscript(exponent)
        : NumberOrDash(scale);

    /// <summary>k where the value is 2ᵏ; else null.</summary>
    public static int? Exponent(float value)
        => float.IsNormal(value) && MathF.ScaleB(1, MathF.ILogB(value)) == value ? MathF.ILogB(value) : null;

    /// <summary>A whole number as an exponent: <c>⁻²⁴</c>.</summary>
    public static string Superscript(int number)
        => string.Concat(number.ToString(CultureInfo.InvariantCulture).Select(letter => letter == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[letter - '0']));
}
