using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Lower case as Unicode maps single characters, the same in every culture and without a look at the neighbours (Σ is σ at a word's end
/// too).
/// </summary>
internal static class LowerCase
{
    /// <summary>İ: the only character whose lower case is two, i and U+0307; .NET leaves it as it is.</summary>
    public const int DottedI = 0x130;

    private const char DotAbove = '\u0307';

    /// <summary>Lower case, one character for one: i for İ.</summary>
    /// <param name="character">The character.</param>
    public static Rune Simple(Rune character) => character.Value == DottedI ? new Rune('i') : Rune.ToLowerInvariant(character);

    /// <summary>Lower case in full.</summary>
    /// <param name="units">The text, replaced; room for one unit more for each İ.</param>
    /// <param name="length">Its units.</param>
    /// <returns>Its units in lower case.</returns>
    public static int Full(Span<char> units, int length)
    {
        int at = 0;
        while (at < length)
        {
            Rune.DecodeFromUtf16(units[at..length], out Rune character, out _);
            int written = Simple(character).EncodeToUtf16(units[at..]);
            at += written;
            if (character.Value == DottedI)
            {
                units[at..length].CopyTo(units[(at + 1)..]);
                units[at++] = DotAbove;
                length++;
            }
        }

        return length;
    }
}
