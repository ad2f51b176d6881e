using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Precision;

/// <summary>Writes and reads a <see cref="LossScaling"/>: a name, and for <c>static</c> and <c>dynamic</c> numbers in
/// parentheses.</summary>
internal static class LossScalingText
{
    private const string Forms = "auto, none, static(1024), measured, dynamic, dynamic(initialScale=65536, growthFactor=2, "
        + "backoffFactor=0.5, growthInterval=2000, hysteresis=1, minScale=1, maxScale=16777216), pytorch, keras, apex or deepspeed";

    /// <summary>The text of a scaling; numbers so that they read back bit for bit.</summary>
    public static string Write(string name, in LossScaleRule rule) => name switch
    {
        "static" => string.Create(CultureInfo.InvariantCulture, $"static({rule.InitialScale})"),
        "dynamic" => string.Create(
            CultureInfo.InvariantCulture,
            $"dynamic(initialScale={rule.InitialScale}, growthFactor={rule.GrowthFactor}, backoffFactor={rule.BackoffFactor}, "
                + $"growthInterval={rule.GrowthInterval}, hysteresis={rule.Hysteresis}, minScale={rule.MinScale}, "
                    + $"maxScale={rule.MaxScale})"),
        _ => name,
    };

    /// <summary>Reads a text; numbers left out have their defaults.</summary>
    /// <exception cref="ArgumentException">Not understood, or a number is not allowed.</exception>
    public static LossScaling Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        (string name, string? arguments) = Split(text.Trim());
        return (name.ToUpperInvariant(), arguments) switch
        {
            ("AUTO", null) => LossScaling.Auto,
            ("NONE", null) => LossScaling.None,
            ("STATIC", { } scale) => LossScaling.Static(Single(scale)),
            ("MEASURED", null) => LossScaling.Measured(),
            ("DYNAMIC", _) => Dynamic(arguments ?? string.Empty),
            ("PYTORCH", null) => LossScaling.PyTorch,
            ("KERAS", null) => LossScaling.Keras,
            ("APEX", null) => LossScaling.Apex,
            ("DEEPSPEED", null) => LossScaling.DeepSpeed,
            _ => throw new ArgumentException($"'{text}' is no loss scaling: write {Forms}.", nameof(text)),
        };
    }

    private static (string Name, string? Arguments) Split(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        return open < 0 || text[^1] != ')' ? (text, null) : (text[..open].TrimEnd(), text[(open + 1)..^1]);
    }

    private static LossScaling Dynamic(string arguments)
    {
        Dictionary<string, string> values = Named(arguments);
        float Number(string name, float otherwise) => values.Remove(name, out string? value) ? Single(value) : otherwise;
        int Count(string name, int otherwise) => values.Remove(name, out string? value) ? Integer(value) : otherwise;

        LossScaleRule defaults = new(LossScaleKind.Dynamic, InitialScale: 65536);
        LossScaling scaling = LossScaling.Dynamic(
            Number("initialScale", defaults.InitialScale),
            Number("growthFactor", defaults.GrowthFactor),
            Number("backoffFactor", defaults.BackoffFactor),
            Count("growthInterval", defaults.GrowthInterval),
            Count("hysteresis", defaults.Hysteresis),
            Number("minScale", defaults.MinScale),
            Number("maxScale", defaults.MaxScale));
        return values.Count == 0
            ? scaling
            : throw new ArgumentException(
                $"'{values.Keys.First()}' is no number of a dynamic loss scaling: write {Forms}.",
                nameof(arguments));
    }

    private static Dictionary<string, string> Named(string arguments)
    {
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (string part in arguments.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = part.Split('=', StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || !values.TryAdd(sides[0], sides[1]))
            {
                throw new ArgumentException($"'{part}' is not one 'name=number': write {Forms}.", nameof(arguments));
            }
        }

        return values;
    }

    private static float Single(string text)
        => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            ? value
            : throw new ArgumentException($"'{text}' is no number: write one such as 65536 or 0.5.", nameof(text));

    private static int Integer(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new ArgumentException($"'{text}' is no whole number up to {int.MaxValue}: write one such as 2000.", nameof(text));
}
