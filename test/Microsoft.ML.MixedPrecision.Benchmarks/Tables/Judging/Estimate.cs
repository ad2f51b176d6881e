using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Judging;

/// <summary>A mean with its interval.</summary>
/// <param name="Value">The mean.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
internal readonly record struct Estimate(double Value, double Low, double High)
{
    /// <summary>The same on another scale; the function must rise.</summary>
    public Estimate Map(Func<double, double> f) => new(f(Value), f(Low), f(High));

    /// <summary>For people: <c>0.612 (0.501 to 0.730)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value:F3} ({Low:F3} to {High:F3})");
}
