using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Writes and reads a <see cref="TextTokenizer"/>: a name, and in parentheses its choices or its path.</summary>
internal static class TextTokenizerText
{
    private const string WordPiece = "wordpiece", Words = "words", Characters = "characters", File = "file";

    private const string Forms = "wordpiece(vocabularySize=8000, lowerCase=true), words(vocabularySize=20000, lowerCase=true), "
        + "characters(vocabularySize=1000, lowerCase=false), each also without the parentheses or without one of the two, or file(PATH)";

    /// <summary>The text of one that is trained.</summary>
    public static string Write(TokenizerKind kind, int vocabularySize, bool lowerCase)
    {
        string name = kind switch
        {
            TokenizerKind.WordPiece => WordPiece,
            TokenizerKind.Words => Words,
            _ => Characters,
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}(vocabularySize={vocabularySize}, lowerCase={(lowerCase ? "true" : "false")})");
    }

    /// <summary>The text of one that is read from a file.</summary>
    public static string Write(string path) => $"{File}({path})";

    /// <summary>Reads a text; what is left out has its default.</summary>
    /// <exception cref="ArgumentException">Not understood, or a number is not allowed.</exception>
    public static TextTokenizer Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string whole = text.Trim();
        int open = whole.IndexOf('(', StringComparison.Ordinal);
        bool hasArguments = open >= 0 && whole[^1] == ')';
        string name = hasArguments ? whole[..open].TrimEnd() : whole;
        string? arguments = hasArguments ? whole[(open + 1)..^1] : null;
        return name.ToUpperInvariant() switch
        {
            "WORDPIECE" => Trained(arguments, TextTokenizer.TrainWordPiece, 8000, true),
            "WORDS" => Trained(arguments, TextTokenizer.TrainWords, 20000, true),
            "CHARACTERS" => Trained(arguments, TextTokenizer.Characters, 1000, false),
            "FILE" when arguments is not null => TextTokenizer.FromFile(arguments),
            _ => throw new ArgumentException($"'{text}' is no tokenizer: write {Forms}.", nameof(text)),
        };
    }

    private static TextTokenizer Trained(string? arguments, Func<int, bool, TextTokenizer> make, int size, bool lowerCase)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        const StringSplitOptions trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (string part in (arguments ?? string.Empty).Split(',', trimmed))
        {
            string[] sides = part.Split('=', StringSplitOptions.TrimEntries);
            bool isRead = sides.Length == 2 && seen.Add(sides[0]) && sides[0].ToUpperInvariant() switch
            {
                "VOCABULARYSIZE" => int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out size),
                "LOWERCASE" => bool.TryParse(sides[1], out lowerCase),
                _ => false,
            };
            if (!isRead)
            {
                throw new ArgumentException($"'{part}' is not understood: write {Forms}.", nameof(arguments));
            }
        }

        return make(size, lowerCase);
    }
}
