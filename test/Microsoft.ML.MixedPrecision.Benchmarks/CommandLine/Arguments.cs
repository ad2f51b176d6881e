using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

/// <summary>The values of a command's options.</summary>
internal sealed partial class Arguments
{
    private readonly Dictionary<string, string> _values;

    private Arguments(Dictionary<string, string> values) => _values = values;

    /// <summary>Reads <c>--name value</c> and <c>--name=value</c>.</summary>
    /// <param name="args">The command line behind the command.</param>
    /// <param name="options">What may be written.</param>
    /// <exception cref="UsageException">A word is no option, or an option has no value.</exception>
    public static Arguments Parse(ReadOnlySpan<string> args, IReadOnlyList<Option> options)
    {
        Dictionary<string, string> values = options.ToDictionary(option => option.Name, option => option.Default);
        for (int i = 0; i < args.Length; i++)
        {
            string[] parts = args[i].Split('=', 2);
            string name = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0][2..] : "";
            if (!values.ContainsKey(name))
            {
                throw new UsageException($"'{args[i]}' is no option of this command: write "
                    + $"{string.Join(", ", options.Select(option => "--" + option.Name))}.");
            }

            if (parts.Length == 1 && ++i == args.Length)
            {
                throw new UsageException($"--{name} needs a value, for example --{name} "
                    + $"{options.First(option => option.Name == name).Default}");
            }

            values[name] = parts.Length == 2 ? parts[1] : args[i];
        }

        return new Arguments(values);
    }

    /// <summary>A value as it was written.</summary>
    public string Text(string option) => _values[option];

    /// <summary>Values with commas between them, each once; a comma in brackets separates nothing.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public IReadOnlyList<string> List(string option)
    {
        string[] values = [
            .. Separator().Split(_values[option]).Select(value => value.Trim()).Where(value => value.Length > 0).Distinct()];
        return values.Length > 0
            ? values
            : throw new UsageException($"--{option} is empty; write at least one value, with commas between several.");
    }

    /// <summary>Values with commas between them, each of them one of a few.</summary>
    /// <exception cref="UsageException">One is not.</exception>
    public IReadOnlyList<string> List(string option, IReadOnlyList<string> allowed)
    {
        IReadOnlyList<string> values = List(option);
        return values.FirstOrDefault(value => !allowed.Contains(value)) is { } wrong
            ? throw new UsageException($"--{option} {wrong}: write {string.Join(", ", allowed)}.")
            : values;
    }

    /// <summary>A number.</summary>
    /// <exception cref="UsageException">It is none, or out of range.</exception>
    public T Number<T>(string option, T least, T most)
        where T : INumber<T>
        => Number(option, _values[option], least, most);

    /// <summary>Numbers with commas between them.</summary>
    /// <exception cref="UsageException">One is none, or out of range.</exception>
    public IReadOnlyList<T> Numbers<T>(string option, T least, T most)
        where T : INumber<T>
        => [.. List(option).Select(text => Number(option, text, least, most))];

    /// <summary>A comma that is not between brackets.</summary>
    [GeneratedRegex(@",(?![^\[]*\])")]
    private static partial Regex Separator();

    private static T Number<T>(string option, string text, T least, T most)
        where T : INumber<T>
        => T.TryParse(text, CultureInfo.InvariantCulture, out T? value) && value >= least && value <= most
            ? value
            : throw new UsageException($"--{option} {text}: write a number from {least} to {most}.");
}
