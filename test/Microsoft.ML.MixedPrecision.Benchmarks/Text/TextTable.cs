using Microsoft.ML.MixedPrecision.Benchmarks.CommandLine;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Text;

/// <summary>Texts with labels.</summary>
/// <param name="IsBinary">Whether the label is yes, 1, or no, 0.</param>
/// <param name="Train">Rows to learn from.</param>
/// <param name="Test">Rows to be tested on.</param>
internal sealed record TextTable(bool IsBinary, TextRow[] Train, TextRow[] Test)
{
    private const int TestShare = 4;

    /// <summary>Tables that there are.</summary>
    public static IReadOnlyList<string> Names { get; } = ["spam", "glosses"];

    /// <summary>Reads a table: one row in four, drawn, is the test, and of the others so many at most are learned from.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="folder">Where it is.</param>
    /// <param name="rows">Most rows to learn from.</param>
    /// <param name="seed">Of the draw.</param>
    /// <exception cref="UsageException">There is no such file.</exception>
    public static TextTable Read(string name, string folder, int rows, int seed)
    {
        string file = Path.Combine(folder, name + ".tsv");
        if (!File.Exists(file))
        {
            throw new UsageException($"There is no '{file}': run Text/Data/fetch.sh, or name the folder with --data.");
        }

        TextRow[] all = [.. File.ReadLines(file).Select(line => line.Split('\t', 2)).Select(
            parts => new TextRow { Kind = parts[0], Label = parts[0] == "1", Text = parts[1] })];
        new Random(seed).Shuffle(all);
        int test = all.Length / TestShare;
        return new TextTable(name == "spam", [.. all.Skip(test).Take(rows)], all[..test]);
    }
}

/// <summary>A text and its label.</summary>
internal sealed class TextRow
{
    /// <summary>The text.</summary>
    public string Text { get; set; } = "";

    /// <summary>Its class.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Its class, of those that are 1 and 0.</summary>
    public bool Label { get; set; }
}
