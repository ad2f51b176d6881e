using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.MixedPrecision.Tests.House.Docs;

/// <summary>
/// Checks commands that pages tell readers to type, without running them: projects, scripts and paths of the repository exist, what stands
/// behind <c>--</c> occurs as a literal in the project's sources, properties in its build files, packages in the list of versions.
/// </summary>
/// <param name="root">The repository.</param>
internal sealed partial class ShellCommands(string root)
{
    /// <summary>Programs of the system, whose arguments are theirs.</summary>
    private static readonly string[] Others = ["apt-get", "cd", "curl", "docker", "dpkg", "git", "nvidia-smi", "tar", "wget", "winget"];

    private static readonly string[] Verbs = ["run", "build", "test", "pack", "new", "add", "nuget", "publish"];

    /// <summary>The commands of a block: a line each, but for lines that end in a backslash; without comments.</summary>
    /// <param name="block">The text of the block.</param>
    /// <returns>The commands.</returns>
    public static IEnumerable<string> Of(string block)
        => block.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Select(line => Comment().Replace(line, "").Trim())
            .Where(line => line.Length > 0);

    /// <summary>What is wrong with a command.</summary>
    /// <param name="command">The command.</param>
    /// <returns>What it names that does not exist, in quotes; null where nothing is wrong.</returns>
    public string? Fault(string command)
    {
        string[] words = [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(IsBeforeTheProgram)];
        string? missing = words.FirstOrDefault(word => RepositoryPath().IsMatch(word) && !Path.Exists(Path.Combine(root, word)));
        if (missing is not null)
        {
            return $"'{missing}' does not exist.";
        }

        return words[0] == "dotnet" ? DotnetFault(words[1..])
            : RepositoryPath().IsMatch(words[0]) || Others.Contains(words[0]) ? null
            : $"'{words[0]}' is not a program that this test knows.";
    }

    private static bool IsBeforeTheProgram(string word) => word == "sudo" || Assignment().IsMatch(word);

    private string? DotnetFault(string[] words)
    {
        if (!Verbs.Contains(words[0]))
        {
            return $"'{words[0]}' is not a command of dotnet that this test knows.";
        }

        if (words is ["add", "package", var package, ..])
        {
            return Packages().Contains(package) ? null : $"'{package}' is no package of ours, and not in Directory.Packages.props.";
        }

        int separator = Array.IndexOf(words, "--");
        string[] options = separator < 0 ? words : words[..separator];
        string project = Path.Combine(root, options.FirstOrDefault(word => RepositoryPath().IsMatch(word)) ?? "");
        string? property = options.Select(word => Property().Match(word)).Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .FirstOrDefault(name => !Contains(project, "*.csproj", $"$({name})"));
        string[] ours = separator < 0 ? [] : words[(separator + 1)..];
        string? word = ours.FirstOrDefault(word => Literal().IsMatch(word) && !Occurs(project, word));
        return property is not null ? $"'{property}' is not a property of {project}."
            : word is not null ? $"'{word}' does not occur in the sources of {project}."
            : null;
    }

    private IEnumerable<string> Packages()
        => XDocument.Load(Path.Combine(root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => package.Attribute("Include")!.Value)
            .Append("Microsoft.ML.MixedPrecision");

    /// <summary>An option stands in a program's sources with its hyphens or, where a table of options adds these, without.</summary>
    private static bool Occurs(string project, string word)
        => Contains(project, "*.cs", $"\"{word}\"") || Contains(project, "*.cs", $"\"{word.TrimStart('-')}\"");

    private static bool Contains(string project, string pattern, string text)
        => Directory.EnumerateFiles(project, pattern, SearchOption.AllDirectories)
            .Any(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal));

    [GeneratedRegex("(^|  )# .*$")]
    private static partial Regex Comment();

    [GeneratedRegex("^[A-Z_]+=")]
    private static partial Regex Assignment();

    [GeneratedRegex("^(src|test|samples|build|docs)/")]
    private static partial Regex RepositoryPath();

    [GeneratedRegex("^-p:([A-Za-z]+)=")]
    private static partial Regex Property();

    /// <summary>Options and commands of our programs, but not values: numbers, and names of files.</summary>
    [GeneratedRegex("^(--)?[a-z][a-z-]*$")]
    private static partial Regex Literal();
}
