using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Characters without their accents: Unicode's canonical decomposition (NFD) without marks of category Mn. The table is our own
/// (decompositions.txt), since <c>string.Normalize</c> does nothing in programs that set <c>InvariantGlobalization</c>, as containers often
/// do: the same model would see other tokens there.
/// </summary>
/// <remarks>Marks that stay (Mc) keep their order; NFD would sort a few of them.</remarks>
internal static class Decompositions
{
    private const string Resource = "decompositions.txt";

    // Hangul by Unicode's formula, chapter 3.12: syllable = first + (leading × 21 + vowel) × 28 + trailing.
    private const int Syllables = 0xAC00, LastSyllable = 0xD7A3, Leading = 0x1100, Vowel = 0x1161, Trailing = 0x11A7;
    private const int Vowels = 21, Trailings = 28;

    private static readonly FrozenDictionary<int, string> Table = Read();

    /// <summary>Decomposes a character.</summary>
    /// <param name="character">The character.</param>
    /// <param name="written">At least <see cref="CharacterRule.MaxUnits"/>; takes what remains.</param>
    /// <returns>Units that remain; none of a mark.</returns>
    public static int Strip(Rune character, Span<char> written)
    {
        if (character.IsAscii)
        {
            written[0] = (char)character.Value;
            return 1;
        }

        if (character.Value is >= Syllables and <= LastSyllable)
        {
            return Syllable(character.Value - Syllables, written);
        }

        if (Table.TryGetValue(character.Value, out string? rest))
        {
            rest.CopyTo(written);
            return rest.Length;
        }

        return Rune.GetUnicodeCategory(character) == UnicodeCategory.NonSpacingMark ? 0 : character.EncodeToUtf16(written);
    }

    private static int Syllable(int index, Span<char> written)
    {
        int trailing = index % Trailings;
        written[0] = (char)(Leading + (index / (Vowels * Trailings)));
        written[1] = (char)(Vowel + (index / Trailings % Vowels));
        written[2] = (char)(Trailing + trailing);
        return trailing == 0 ? 2 : 3;
    }

    /// <summary>Lines of <c>CODE=CODE+CODE</c>, hexadecimal; the first one says where they are from.</summary>
    private static FrozenDictionary<int, string> Read()
    {
        using Stream stream = typeof(Decompositions).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource '{Resource}'; build it from the whole repository.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        return reader.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('='))
            .ToFrozenDictionary(sides => Code(sides[0]), sides => string.Concat(Codes(sides[1]).Select(char.ConvertFromUtf32)));
    }

    private static IEnumerable<int> Codes(string text) => text.Split('+', StringSplitOptions.RemoveEmptyEntries).Select(Code);

    private static int Code(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
