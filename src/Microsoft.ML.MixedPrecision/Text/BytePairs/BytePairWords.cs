using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Splits a text as GPT-2 does, spaces included:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. By hand, since .NET's expressions see halves of
/// characters, where letters beyond the first 65,536 characters are none.
/// </summary>
/// <param name="text">The text.</param>
internal ref struct BytePairWords(ReadOnlySpan<char> text)
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private readonly ReadOnlySpan<char> _text = text;

    /// <summary>Where the word begins.</summary>
    public int Start { get; private set; }

    /// <summary>Where it ends.</summary>
    public int End { get; private set; }

    private enum Sort
    {
        None,
        Letter,
        Number,
        Space,
        Other,
    }

    /// <summary>Goes to the next word.</summary>
    /// <returns>False at the end of the text.</returns>
    public bool Next()
    {
        Start = End;
        if (Start == _text.Length)
        {
            return false;
        }

        End = Contraction() ?? Run() ?? Spaces();
        return true;
    }

    private readonly int? Contraction()
    {
        ReadOnlySpan<char> rest = _text[Start..];
        if (rest[0] == '\'')
        {
            foreach (string contraction in Contractions)
            {
                if (rest.StartsWith(contraction, StringComparison.Ordinal))
                {
                    return Start + contraction.Length;
                }
            }
        }

        return null;
    }

    /// <summary>The end of a run of letters, of numbers or of others, with one space before it; null where spaces follow.</summary>
    private readonly int? Run()
    {
        int first = _text[Start] == ' ' ? Start + 1 : Start;
        Sort sort = SortAt(first, out _);
        return sort is Sort.None or Sort.Space ? null : EndOf(sort, first);
    }

    /// <summary>The end of a run of spaces; the last one is left to the word that follows, if there are several.</summary>
    private readonly int Spaces()
    {
        int end = EndOf(Sort.Space, Start);
        return end == _text.Length || end == Start + 1 ? end : end - 1;
    }

    private readonly int EndOf(Sort sort, int at)
    {
        while (SortAt(at, out int units) == sort)
        {
            at += units;
        }

        return at;
    }

    private readonly Sort SortAt(int at, out int units)
    {
        units = 1;
        if (at >= _text.Length)
        {
            return Sort.None;
        }

        char unit = _text[at];
        if (char.IsAscii(unit))
        {
            return char.IsAsciiLetter(unit) ? Sort.Letter
                : char.IsAsciiDigit(unit) ? Sort.Number
                : char.IsWhiteSpace(unit) ? Sort.Space
                : Sort.Other;
        }

        Rune.DecodeFromUtf16(_text[at..], out Rune character, out units);
        return Rune.IsLetter(character) ? Sort.Letter
            : Rune.IsNumber(character) ? Sort.Number
            : Rune.IsWhiteSpace(character) ? Sort.Space
            : Sort.Other;
    }
}
