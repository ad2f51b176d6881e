using System.Text.RegularExpressions;

namespace Microsoft.ML.MixedPrecision.Tests.House;

/// <summary>Lines fit beside each other in a review.</summary>
[TestClass]
public sealed partial class LineLengthTests
{
    private const int Most = 140;

    /// <summary>Tests hold texts of other languages, whose lines are theirs, in raw literals; sources hold none that long.</summary>
    [TestMethod]
    [DataRow("src", false)]
    [DataRow("samples", false)]
    [DataRow("build", false)]
    [DataRow("test", true)]
    public void Lines_OfSources_HaveAtMost140Characters(string folder, bool mayHoldLongTexts)
    {
        string[] files = [.. SourcesIn(folder)];
        Assert.IsNotEmpty(files, $"no source below {folder}");

        string[] found = [.. files.SelectMany(file => LongLines(File.ReadAllLines(file), mayHoldLongTexts)
            .Select(line => $"{Path.GetRelativePath(RepositoryFolder.Root, file)}({line.Number}) has {line.Length} characters"))];

        Assert.IsEmpty(
            found,
            $"{found.Length} lines are longer than {Most} characters; break them: {string.Join("; ", found.Take(20))}");
    }

    /// <summary>A character beyond 16 bits is one; a literal ends where its quotes do, and one of a single line is none.</summary>
    [TestMethod]
    [DataRow(false, "1: 141, 4: 150, 6: 141, 9: 160, 11: 141")]
    [DataRow(true, "1: 141, 6: 141, 11: 141")]
    public void LongLines_OfAText_AreThoseBeyond140(bool mayHoldLongTexts, string expected)
    {
        string[] lines =
        [
            new('a', 141),
            string.Concat(Enumerable.Repeat("\U0001F600", 140)),
            "string text = \"\"\"",
            new('b', 150),
            "    \"\"\" + \"\"\"one line\"\"\"",
            new('c', 141),
            "    + \"\"\"\"",
            "    \"\"\"",
            new('d', 160),
            "    \"\"\"\";",
            new('e', 141),
        ];

        Assert.AreEqual(
            expected,
            string.Join(", ", LongLines(lines, mayHoldLongTexts).Select(line => $"{line.Number}: {line.Length}")));
    }

    private static IEnumerable<string> SourcesIn(string folder)
        => from file in Directory.EnumerateFiles(Path.Combine(RepositoryFolder.Root, folder), "*.cs", SearchOption.AllDirectories)
           let parts = Path.GetRelativePath(RepositoryFolder.Root, file).Split(Path.DirectorySeparatorChar)
           where !parts.Contains("bin") && !parts.Contains("obj")
           select file;

    private static IEnumerable<(int Number, int Length)> LongLines(string[] lines, bool mayHoldLongTexts)
    {
        string? quotes = null;
        for (int i = 0; i < lines.Length; i++)
        {
            string code = lines[i];
            bool isText = quotes is not null;
            if (quotes is not null && code.TrimStart().StartsWith(quotes, StringComparison.Ordinal))
            {
                (code, quotes, isText) = (code.TrimStart()[quotes.Length..], null, false);
            }

            quotes ??= OpenedBy(code);
            int length = lines[i].EnumerateRunes().Count();
            if (length > Most && !(isText && mayHoldLongTexts))
            {
                yield return (i + 1, length);
            }
        }
    }

    /// <summary>The quotes of a raw literal that goes on below: the line's last, with nothing after them, unless they close one.</summary>
    private static string? OpenedBy(string code)
    {
        MatchCollection runs = Quotes().Matches(code);
        return runs.Count % 2 == 1 && code.TrimEnd().EndsWith(runs[^1].Value, StringComparison.Ordinal) ? runs[^1].Value : null;
    }

    [GeneratedRegex("\"{3,}")]
    private static partial Regex Quotes();
}
