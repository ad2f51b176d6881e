using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Tests.Trainers.Configuration;

/// <summary>An option and what a configuration may say of it; made from the property's type, so that a new option is covered without a
/// row.</summary>
/// <param name="Property">The option.</param>
internal sealed record ConfiguredOption(PropertyInfo Property)
{
    /// <summary>The options of a trainer that a configuration can hold: all but code, rows and tokens.</summary>
    public static IReadOnlyList<ConfiguredOption> Of(Type options)
        => [.. options.GetProperties()
            .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .Select(property => new ConfiguredOption(property))];

    /// <summary>A value other than the default.</summary>
    /// <param name="defaults">Options as they are without a configuration.</param>
    public object Other(MlpTrainerOptions defaults)
    {
        object? value = Property.GetValue(defaults);
        Type type = Nullable.GetUnderlyingType(Property.PropertyType) ?? Property.PropertyType;
        return type switch
        {
            _ when type == typeof(bool) => !(bool)value!,
            _ when type == typeof(int) => 7,
            _ when type == typeof(long) => 5_000_000_000L,
            _ when type == typeof(float) => 0.375f,
            _ when type == typeof(string) => "Another",
            { IsEnum: true } => Enum.GetValues(type).Cast<object>().Last(candidate => !candidate.Equals(value)),
            _ when type == typeof(PrecisionPolicy) => PrecisionPolicy.MixedFloat16.WithLayer("hidden.*", NumericFormat.BFloat16)
                .WithWeightUpdate(WeightUpdate.Plain),
            _ when type == typeof(LossScaling) => LossScaling.Dynamic(initialScale: 1024, growthInterval: 7),
            _ when type == typeof(CheckpointOptions) => new CheckpointOptions
            {
                Folder = "here or there",
                Every = new TimeSpan(1, 30, 0),
                Keep = 3,
                Resume = false,
            },
            _ when type == typeof(ComputeDevice) => ComputeDevice.Cuda(3),
            _ when typeof(IEnumerable<int>).IsAssignableFrom(type) => new[] { 128, 64 },
            _ when typeof(IEnumerable<string>).IsAssignableFrom(type) => new[] { "One column", "Another" },
            _ when typeof(IEnumerable<KeyValuePair<string, float>>).IsAssignableFrom(type) => new Dictionary<string, float>
            {
                ["rare one"] = 8.5f,
                ["Common"] = 0.25f,
            },
            _ => throw new AssertFailedException($"{Property.Name} is a {type}: say here how a configuration writes one, and what the "
                + $"binder does with it."),
        };
    }

    /// <summary>What the option holds, comparable.</summary>
    public string Text(MlpTrainerOptions options) => Text(Property.GetValue(options));

    /// <summary>A value, comparable.</summary>
    public static string Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        IReadOnlyDictionary<string, float> pairs => string.Join("; ", pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair =>
            $"{pair.Key}={pair.Value.ToString(CultureInfo.InvariantCulture)}")),
        IEnumerable items => string.Join(", ", items.Cast<object>()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>The option as a member of a JSON object.</summary>
    public string Json(object value)
        => $"\"{Property.Name}\": {JsonSerializer.Serialize(value is Enum ? value.ToString()!.ToUpperInvariant() : value)}";

    /// <summary>The option as keys and values, as the command line gives them: names in another case, lists by index.</summary>
    public IEnumerable<(string Key, string? Value)> Pairs(object value)
    {
        string name = Property.Name.ToUpperInvariant();
        return value switch
        {
            int[] items => items.Select((item, i) => ($"{name}:{i}", (string?)Text(item))),
            string[] items => items.Select((item, i) => ($"{name}:{i}", (string?)item)),
            Dictionary<string, float> pairs => pairs.Select(pair => ($"{name}:{pair.Key}", (string?)Text(pair.Value))),
            CheckpointOptions checkpoint =>
            [
                ($"{name}:folder", checkpoint.Folder),
                ($"{name}:EVERY", "01:30:00"),
                ($"{name}:keep", Text(checkpoint.Keep)),
                ($"{name}:Resume", "false"),
            ],
            Enum name1 => [(name, name1.ToString().ToLowerInvariant())],
            _ => [(name, Text(value))],
        };
    }
}
