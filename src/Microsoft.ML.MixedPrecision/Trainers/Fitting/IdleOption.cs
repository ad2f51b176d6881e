using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>An option that other options make idle: no bit of the training depends on it then.</summary>
/// <typeparam name="TOptions">The options that have it.</typeparam>
/// <param name="Name">The option.</param>
/// <param name="Value">What it is set to.</param>
/// <param name="Cause">Why it is idle; null where it is not.</param>
/// <param name="Remedy">What to do instead.</param>
internal sealed record IdleOption<TOptions>(
    string Name,
    Func<TOptions, object?> Value,
    Func<TOptions, string?> Cause,
    string Remedy)
    where TOptions : class
{
    /// <summary>A sentence or two where the option was set and changes nothing: its value, why, and what to do; else null.</summary>
    /// <param name="options">The options; new ones of the same class have the defaults.</param>
    public string? Of(TOptions options)
    {
        object? value = Value(options);
        return Cause(options) is { } cause && !Equals(value, Value((TOptions)Activator.CreateInstance(options.GetType())!))
            ? string.Create(CultureInfo.InvariantCulture, $"{Name} is {value}, but {cause}, so that it changes nothing. {Remedy}")
            : null;
    }
}
