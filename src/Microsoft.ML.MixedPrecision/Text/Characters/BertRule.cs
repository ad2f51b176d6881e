using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// The words of BERT's <c>BasicTokenizer</c>: runs of what is neither space nor punctuation; each punctuation mark and ideograph alone.
/// </summary>
/// <param name="cleansText">Leaves out controls, formats and private characters (Cc but tab and line ends, Cf, Co) and U+FFFD.</param>
/// <param name="splitsIdeographs">Makes each CJK ideograph a word.</param>
/// <param name="stripsAccents">Writes characters without their accents (<see cref="Decompositions"/>).</param>
/// <param name="lowersCase">Writes them in lower case.</param>
/// <remarks>
/// In the order of Hugging Face's <c>BertNormalizer</c>: clean, ideographs, accents, case; punctuation is judged last, on what is written.
/// As there, characters that Unicode has not assigned yet stay (the first BERT left them out): a newer .NET knows more of them.
/// Source: https://github.com/google-research/bert/blob/master/tokenization.py.
/// </remarks>
internal sealed class BertRule(bool cleansText, bool splitsIdeographs, bool stripsAccents, bool lowersCase) : CharacterRule
{
    /// <inheritdoc/>
    public override CharacterKind Apply(Rune character, Span<char> written, out int length)
    {
        length = 0;
        if (cleansText && IsUnclean(character))
        {
            return CharacterKind.Skip;
        }

        if (Rune.IsWhiteSpace(character))
        {
            return CharacterKind.Space;
        }

        length = stripsAccents ? Decompositions.Strip(character, written) : character.EncodeToUtf16(written);
        if (length == 0)
        {
            return CharacterKind.Skip;
        }

        length = lowersCase ? LowerCase.Full(written, length) : length;
        Rune.DecodeFromUtf16(written[..length], out Rune first, out _);
        return (splitsIdeographs && IsIdeograph(character.Value)) || IsPunctuation(first) ? CharacterKind.Alone : CharacterKind.Letter;
    }

    private static bool IsUnclean(Rune character) => character.Value switch
    {
        '\t' or '\n' or '\r' => false,
        0xFFFD => true,
        _ => Rune.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse,
    };

    /// <summary>All ASCII that is neither letter nor digit counts: <c>$ + &lt; = &gt; ^ ` | ~</c> are symbols for Unicode.</summary>
    private static bool IsPunctuation(Rune character)
        => character.IsAscii ? !Rune.IsLetterOrDigit(character) && !Rune.IsControl(character) : Rune.IsPunctuation(character);

    private static bool IsIdeograph(int code) => code
        is (>= 0x4E00 and <= 0x9FFF)
        or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B820 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
