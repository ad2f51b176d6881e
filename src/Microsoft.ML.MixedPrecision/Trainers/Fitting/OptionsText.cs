using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>A trainer's options as text, for people who ask later how a model was trained.</summary>
internal static class OptionsText
{
    private const string NotSet = "not set";

    /// <summary>Versions, time and options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="started">When <c>Fit</c> began.</param>
    /// <param name="course">What the rows decided of options that are not set.</param>
    public static TrainingEnvironment Environment(NetworkTrainerOptions options, DateTimeOffset started, SettledCourse course) => new()
    {
        Library = LibraryVersion,
        MLNet = VersionOf(typeof(MLContext)),
        Runtime = RuntimeInformation.FrameworkDescription,
        OperatingSystem = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
        Started = started,
        Trainer = TrainerOf(options),
        Options = [.. Of(options).Select(option => course.Of(option.Key) is { } settled && option.Value == NotSet
            ? KeyValuePair.Create(option.Key, $"{settled} by default")
            : option)],
    };

    /// <summary>The version of this library.</summary>
    public static string LibraryVersion => VersionOf(typeof(TrainingResult));

    /// <summary>Each option and its value, in alphabetical order; read off the properties, so that none is forgotten.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(NetworkTrainerOptions options)
        => [.. from property in options.GetType().GetProperties()
               where property.PropertyType != typeof(CancellationToken)
               orderby property.Name
               select KeyValuePair.Create(property.Name, Text(property.GetValue(options)))];

    private static string TrainerOf(NetworkTrainerOptions options)
        => (options.GetType().DeclaringType ?? options.GetType()).Name.Replace("Trainer", "", StringComparison.Ordinal);

    private static string Text(object? value) => value switch
    {
        null => NotSet,
        IDataView or Delegate => "set",
        IReadOnlyList<IRunObserver> observers => observers.Count == 0 ? NotSet : "set",
        string text => text,
        IDictionary map => $"{{{string.Join(", ", map.Keys.Cast<object>().Select(key => $"{Text(key)}: {Text(map[key])}"))}}}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Text))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Without what a build puts behind a plus sign.</summary>
    private static string VersionOf(Type type)
        => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
