using System.Globalization;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Reports.Charts;

/// <summary>How an axis divides its length.</summary>
internal enum AxisKind
{
    /// <summary>Equal differences.</summary>
    Linear,

    /// <summary>Equal ratios, in powers of ten.</summary>
    Log10,

    /// <summary>Equal ratios, in powers of two.</summary>
    Log2,
}

/// <summary>A mark on an axis.</summary>
/// <param name="Value">Where.</param>
/// <param name="Label">What is written there.</param>
internal readonly record struct Tick(double Value, string Label);

/// <summary>An axis: which values it spans, and how.</summary>
/// <param name="Label">What it measures; the axis up is named by its chart's title.</param>
/// <param name="Kind">How its length is divided.</param>
/// <param name="Low">Its lower end; above 0 for logarithms.</param>
/// <param name="High">Its upper end, above <paramref name="Low"/>.</param>
internal sealed record Axis(string Label, AxisKind Kind, double Low, double High)
{
    /// <summary>
    /// Numbers beyond, or on a logarithmic axis closer to 0 than one part of it, are not drawn: their differences would overflow.
    /// </summary>
    private const double Limit = 1e300;

    /// <summary>Written behind each number.</summary>
    public string Unit { get; init; } = "";

    /// <summary>
    /// An axis that holds values with a little room around them. Values that it cannot show, such as 0 on a logarithmic one, do not
    /// count.
    /// </summary>
    /// <param name="label">What it measures.</param>
    /// <param name="kind">How; logarithms become linear where a value is not above 0.</param>
    /// <param name="values">The values.</param>
    public static Axis Over(string label, AxisKind kind, IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
        {
            if (Shows(value, kind))
            {
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            }
        }

        return kind switch
        {
            _ when low > high => new Axis(label, kind, 1, 10),
            AxisKind.Linear => Linear(label, low, high),
            AxisKind.Log2 => Log2(label, low, high),
            AxisKind.Log10 => new Axis(label, kind, low / 1.15, high * 1.15),
            _ => throw UnknownValue.Of(kind),
        };
    }

    /// <summary>Where a value lies: 0 at the lower end, 1 at the upper.</summary>
    /// <param name="value">The value.</param>
    public double Position(double value) => (Measure(value) - Measure(Low)) / (Measure(High) - Measure(Low));

    /// <summary>Whether a value has a place on it.</summary>
    /// <param name="value">The value.</param>
    public bool Shows(double value) => Shows(value, Kind);

    /// <summary>Round values on it.</summary>
    /// <param name="most">About how many.</param>
    public IReadOnlyList<Tick> Ticks(int most) => Kind switch
    {
        AxisKind.Log10 => Decades(most) is { Count: >= 2 } decades ? decades : Even(most),
        AxisKind.Log2 => Doublings(most),
        AxisKind.Linear => Even(most),
        _ => throw UnknownValue.Of(Kind),
    };

    private static bool Shows(double value, AxisKind kind) => Math.Abs(value) <= Limit && (kind == AxisKind.Linear || value >= 1 / Limit);

    private static Axis Linear(string label, double low, double high)
    {
        double room = high > low ? (high - low) * 0.05 : Math.Abs(high) * Limit < 1 ? 1 : Math.Abs(high) * 0.5;

        // A count or a loss is never below 0, and its axis need not say so.
        return new Axis(label, AxisKind.Linear, low >= 0 ? Math.Max(0, low - room) : low - room, high + room);
    }

    private static Axis Log2(string label, double low, double high)
        => new(label, AxisKind.Log2, Math.ScaleB(1, (int)Math.Floor(Math.Log2(low)) - 1),
            Math.ScaleB(1, (int)Math.Ceiling(Math.Log2(high)) + 1));

    private double Measure(double value) => Kind == AxisKind.Linear ? value : Math.Log2(value);

    private List<Tick> Even(int most)
    {
        double step = RoundStep((High - Low) / most);
        int digits = Math.Clamp((int)Math.Ceiling(-Math.Log10(step) - 1e-9), 0, 15);
        var ticks = new List<Tick>();
        for (double at = Math.Ceiling((Low / step) - 1e-9); at * step <= High + (step * 1e-9) && ticks.Count <= 2 * most; at++)
        {
            ticks.Add(new Tick(at * step, LabelOf(at * step, step, digits)));
        }

        return ticks;
    }

    /// <summary>1, 2 or 5 times a power of ten, and not less than <paramref name="least"/>.</summary>
    private static double RoundStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        double factor = least / power;
        return power * (factor <= 1 + 1e-9 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }

    private static string LabelOf(double value, double step, int digits) => value == 0 ? "0"
        : step is >= 1e6 and < 1e9 ? (value / 1e6).ToString("#,0.#", CultureInfo.InvariantCulture) + "M"
        : step is >= 1e3 and < 1e6 ? (value / 1e3).ToString("#,0.#", CultureInfo.InvariantCulture) + "k"
        : step is < 1e-4 or >= 1e9 ? value.ToString("0.##E+0", CultureInfo.InvariantCulture)
        : value.ToString("N" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private List<Tick> Decades(int most)
    {
        int first = (int)Math.Floor(Math.Log10(Low)), last = (int)Math.Ceiling(Math.Log10(High));
        int every = Math.Max(1, (last - first + most - 1) / most);
        int[] factors = every > 1 || last - first > most / 2 ? [1] : last - first > most / 3 ? [1, 3] : [1, 2, 5];
        return [.. from exponent in Enumerable.Range(first, last - first + 1)
                   where exponent % every == 0
                   from factor in factors
                   let value = factor * Math.Pow(10, exponent)
                   where value >= Low && value <= High
                   select new Tick(value, Decimal(factor, exponent))];
    }

    private static string Decimal(int factor, int exponent) => exponent is >= -3 and <= 4
        ? (factor * Math.Pow(10, exponent)).ToString("#,0.###", CultureInfo.InvariantCulture)
        : (factor == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{factor}·")) + "10" + Figures.Superscript(exponent);

    private List<Tick> Doublings(int most)
    {
        int first = (int)Math.Ceiling(Math.Log2(Low)), last = (int)Math.Floor(Math.Log2(High));
        int every = Math.Max(1, (last - first + most - 1) / most);
        return [.. from exponent in Enumerable.Range(first, last - first + 1)
                   where exponent % every == 0
                   select new Tick(Math.ScaleB(1, exponent), exponent == 0 ? "1" : "2" + Figures.Superscript(exponent))];
    }
}
