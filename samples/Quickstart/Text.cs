using Spectre.Console;

namespace Quickstart;

/// <summary>Sentences, broken between words where the line ends.</summary>
internal static class Text
{
    /// <summary>Characters in a line, wherever it goes.</summary>
    public const int Width = 80;

    /// <summary>Writes a paragraph.</summary>
    public static void Write(string paragraph)
    {
        AnsiConsole.Write(new Spectre.Console.Text(paragraph));
        AnsiConsole.WriteLine();
    }
}
