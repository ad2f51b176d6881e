using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tensors.Kernels;

/// <summary>A kernel's source with the headers that it includes, as embedded in the assembly. Immutable.</summary>
internal sealed partial class KernelSource
{
    private KernelSource(string name)
    {
        Name = name;
        Text = Read(name);
        Macros = MacrosLine().Match(Text) is { Success: true } line
            ? line.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            : [];
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Include(Text, headers);
        Headers = headers;
    }

    /// <summary>The file's name: <c>cast.cu</c>.</summary>
    public string Name { get; }

    /// <summary>Its text.</summary>
    public string Text { get; }

    /// <summary>The headers, by name, in the order of the names.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Names of the macros that it is compiled with.</summary>
    public IReadOnlyList<string> Macros { get; }

    private static Assembly Assembly => typeof(KernelSource).Assembly;

    /// <summary>Reads a source.</summary>
    /// <param name="name">The file's name, without folder.</param>
    /// <exception cref="FileNotFoundException">It, or a header that it includes, is not embedded.</exception>
    public static KernelSource Load(string name) => new(name);

    private static void Include(string text, SortedDictionary<string, string> headers)
    {
        foreach (Match line in IncludeLine().Matches(text))
        {
            string header = line.Groups[1].Value;
            if (headers.TryAdd(header, ""))
            {
                headers[header] = Read(header);
                Include(headers[header], headers);
            }
        }
    }

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"'{name}' is not embedded in {Assembly.GetName().Name}: files named *.cu and *.cuh "
                + $"are, by their name without folder.", name);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^// macros: (.+?)\r?$", RegexOptions.Multiline)]
    private static partial Regex MacrosLine();

    [GeneratedRegex("^#include \"(.+?)\"", RegexOptions.Multiline)]
    private static partial Regex IncludeLine();
}
