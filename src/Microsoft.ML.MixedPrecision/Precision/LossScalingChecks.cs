using System.Globalization;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>Checks of the numbers in a <see cref="LossScaling"/>. NaN fails each.</summary>
internal static class LossScalingChecks
{
    /// <summary>Refuses what is not above 0 and finite.</summary>
    public static void PositiveFinite(float value, string advice, [CallerArgumentExpression(nameof(value))] string name = "")
        => ThrowUnless(value > 0 && float.IsFinite(value), value, name, $"must be positive and finite: {advice}");

    /// <summary>Refuses what is not in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public static void Between(float value, float min, float max, [CallerArgumentExpression(nameof(value))] string name = "")
        => ThrowUnless(value >= min && value <= max, value, name, string.Create(
            CultureInfo.InvariantCulture, $"must lie between minScale {min} and maxScale {max}: choose it there, or move minScale or "
                + $"maxScale"));

    /// <summary>Refuses what is not above 1 and finite.</summary>
    public static void AboveOne(float value, [CallerArgumentExpression(nameof(value))] string name = "")
        => ThrowUnless(value > 1 && float.IsFinite(value), value, name, "must be above 1 and finite: write 2, the default; for a scale "
            + "that never grows use LossScaling.Static");

    /// <summary>Refuses what is not above 0 and below 1.</summary>
    public static void BetweenZeroAndOne(float value, [CallerArgumentExpression(nameof(value))] string name = "")
        => ThrowUnless(value is > 0 and < 1, value, name, "must be above 0 and below 1: write 0.5, the default");

    /// <summary>Refuses what is below 1.</summary>
    public static void AtLeastOne(int value, string advice, [CallerArgumentExpression(nameof(value))] string name = "")
        => ThrowUnless(value >= 1, value, name, $"must be at least 1: {advice}");

    private static void ThrowUnless<T>(bool allowed, T value, string name, string rule)
        where T : IFormattable
    {
        if (!allowed)
        {
            throw new ArgumentOutOfRangeException(name, string.Create(CultureInfo.InvariantCulture,
                $"The loss scaling's {name} is {value}, but {rule}."));
        }
    }
}
