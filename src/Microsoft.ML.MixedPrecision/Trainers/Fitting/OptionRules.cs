using System.Globalization;
using System.Numerics;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>Refuses values of options: the option's name, the value, what is allowed and what to do.</summary>
internal static class OptionRules
{
    private const int LeastTokens = 4;
    private const int MostTokens = 65_536;

    /// <summary>Whether a number is finite and above 0.</summary>
    public static bool IsPositive(float value) => value > 0 && float.IsFinite(value);

    /// <summary>Whether a number is a share: at least 0 and below 1.</summary>
    public static bool IsShare(float value) => value is >= 0 and < 1;

    /// <summary>Requires a column's name.</summary>
    public static void RequireName(string? name, string option, string usual)
    {
        RequireValue(name, option, $"a column's name, by default '{usual}'");
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new ArgumentException($"{option} is '{name}'; it must be a column's name, by default '{usual}'.", option);
        }
    }

    /// <summary>Requires names of columns, each once.</summary>
    /// <param name="names">The names.</param>
    /// <param name="option">The option.</param>
    /// <param name="unset">What null is for.</param>
    public static void RequireNames(IReadOnlyList<string> names, string option, string unset)
    {
        string allowed = $"names of columns, each once, or null {unset}";
        Require(names.Count > 0, option, "[]", allowed);
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++)
        {
            Require(
                !string.IsNullOrWhiteSpace(names[i]) && known.Add(names[i]),
                option,
                string.Create(CultureInfo.InvariantCulture, $"'{names[i]}' at position {i}"),
                allowed);
        }
    }

    /// <summary>Requires a value.</summary>
    public static void RequireValue(object? value, string option, string allowed)
    {
        if (value is null)
        {
            throw new ArgumentNullException(option, $"{option} is null; it must be {allowed}.");
        }
    }

    /// <summary>Requires a number to be large enough.</summary>
    public static void RequireAtLeast<T>(T value, T least, string option)
        where T : INumber<T>
        => Require(value >= least, option, value, $"at least {least}");

    /// <summary>Requires a number of tokens that a row can have at most.</summary>
    public static void RequireTokens(int value, string option)
        => Require(value is >= LeastTokens and <= MostTokens, option, value, string.Create(
            CultureInfo.InvariantCulture, $"from {LeastTokens} to {MostTokens:N0}, for example 256"));

    /// <summary>Requires one of the values of an enumeration.</summary>
    // The number, since an undefined value's own text follows the culture.
    public static void RequireDefined<TEnum>(TEnum value, string option)
        where TEnum : struct, Enum
        => Require(
            Enum.IsDefined(value),
            option,
            Convert.ToInt64(value, CultureInfo.InvariantCulture),
            "one of " + string.Join(", ", Enum.GetNames<TEnum>()));

    /// <summary>Requires a condition.</summary>
    public static void Require(bool condition, string option, object? value, string allowed)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(option, string.Create(CultureInfo.InvariantCulture,
                $"{option} is {value}; it must be {allowed}."));
        }
    }
}
