using System.Text.RegularExpressions;

namespace DocsApp;

/// <summary>
/// A page of README or docs/ as its blocks. Conventions: the C# blocks of a page are one program, in their order. A comment
/// <c>&lt;!-- csharp … --&gt;</c> is code of that program which the reader does not see. <c>&lt;!-- file: NAME --&gt;</c> writes the block
/// below it to a file before the program starts. <c>&lt;!-- sections: separate --&gt;</c>: code under each heading of level two has its own
/// variables, and sees those from above the first. A block of text is what the program prints, in any numbers.
/// </summary>
internal sealed partial class Page
{
    private Page(string path, bool separate, IReadOnlyList<Fence> fences)
    {
        (Path, SeparateSections, Fences) = (path, separate, fences);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Whether each section has variables of its own.</summary>
    public bool SeparateSections { get; }

    /// <summary>The blocks, in order.</summary>
    public IReadOnlyList<Fence> Fences { get; }

    /// <summary>The blocks of C#, seen and hidden.</summary>
    public IEnumerable<Fence> Code => Fences.Where(fence => fence.Language == "csharp");

    /// <summary>Reads a page.</summary>
    /// <param name="path">A Markdown file.</param>
    /// <returns>Its blocks.</returns>
    /// <exception cref="FormatException">A fence or a comment of code does not end.</exception>
    public static Page Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        var fences = new List<Fence>();
        bool separate = false;
        int section = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd();
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                string? file = i == 0 ? null : FileComment().Match(lines[i - 1]) is { Success: true } match ? match.Groups[1].Value : null;
                fences.Add(Block(path, lines, ref i, "```", FenceKind.Shown, line[3..], section, file));
            }
            else if (line == "<!-- csharp")
            {
                fences.Add(Block(path, lines, ref i, "-->", FenceKind.Hidden, "csharp", section, file: null));
            }

            separate |= line == "<!-- sections: separate -->";
            section += line.StartsWith("## ", StringComparison.Ordinal) ? 1 : 0;
        }

        return new Page(path, separate, fences);
    }

    private static Fence Block(
        string path, string[] lines, ref int i, string end, FenceKind kind, string language, int section, string? file)
    {
        int first = ++i;
        while (i < lines.Length && lines[i].TrimEnd() != end)
        {
            i++;
        }

        return i < lines.Length
            ? new Fence(kind, language, string.Join('\n', lines[first..i]), first + 1, section, file)
            : throw new FormatException($"{path}({first}): the block that starts here has no end; close it with {end} on its own line.");
    }

    [GeneratedRegex("^<!-- file: ([A-Za-z0-9._-]+) -->$")]
    private static partial Regex FileComment();
}
