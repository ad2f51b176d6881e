using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// The letters that GPT-2's files write bytes with: printable Latin-1 stands for itself, the 68 others, in order, are U+0100 and on. A
/// space is Ġ. Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py, <c>bytes_to_unicode</c>.
/// </summary>
internal static class ByteAlphabet
{
    private const int Values = byte.MaxValue + 1;

    private static readonly char[] Letters = Make();

    /// <summary>The letter of a byte.</summary>
    /// <param name="value">The byte.</param>
    public static char LetterOf(byte value) => Letters[value];

    /// <summary>The bytes that a token is written for; a character that is no letter gives its own (UTF-8), as in added tokens.</summary>
    /// <param name="token">The token.</param>
    /// <param name="bytes">Takes them.</param>
    public static void Append(string token, List<byte> bytes)
    {
        Span<byte> encoded = stackalloc byte[4];
        foreach (Rune character in token.EnumerateRunes())
        {
            int value = character.IsBmp ? Array.IndexOf(Letters, (char)character.Value) : -1;
            if (value >= 0)
            {
                bytes.Add((byte)value);
            }
            else
            {
                bytes.AddRange(encoded[..character.EncodeToUtf8(encoded)]);
            }
        }
    }

    private static char[] Make()
    {
        var letters = new char[Values];
        int others = 0;
        for (int value = 0; value < Values; value++)
        {
            bool isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            letters[value] = (char)(isPrintable ? value : Values + others++);
        }

        return letters;
    }
}
