using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Words as the pattern <c>[\p{L}\p{M}\p{N}]+|\S</c> finds them: runs of letters, marks and digits, each other character but spaces alone.
/// (Marks, since accents that are characters of their own and the vowels of many scripts are marks.)
/// </summary>
/// <param name="lowersCase">Writes them in lower case, one character for one.</param>
internal sealed class WordRule(bool lowersCase) : CharacterRule
{
    /// <inheritdoc/>
    public override CharacterKind Apply(Rune character, Span<char> written, out int length)
    {
        length = 0;
        if (Rune.IsWhiteSpace(character))
        {
            return CharacterKind.Space;
        }

        length = (lowersCase ? LowerCase.Simple(character) : character).EncodeToUtf16(written);
        bool isMark = Rune.GetUnicodeCategory(character)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
        return isMark || Rune.IsLetter(character) || Rune.IsNumber(character) ? CharacterKind.Letter : CharacterKind.Alone;
    }
}
