using System.Globalization;
using System.Text;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Text;

/// <summary>The table of characters without accents, beside the system's decomposition.</summary>
[TestClass]
public sealed class DecompositionsTests
{
    /// <summary>Scripts whose decomposing letters are newer than the table: Todhri, Tulu-Tigalari, Gurung Khema, Kirat Rai.</summary>
    private static readonly (int First, int Last)[] Newer =
        [(0x105C0, 0x105FF), (0x11380, 0x113FF), (0x16100, 0x1613F), (0x16D40, 0x16D7F)];

    [TestMethod]
    public void Strip_EveryCharacter_IsTheSystemsDecompositionWithoutMarks()
    {
        if ("é".Normalize(NormalizationForm.FormD).Length == 1)
        {
            Assert.Inconclusive("The system decomposes nothing (InvariantGlobalization).");
        }

        Span<char> written = stackalloc char[CharacterRule.MaxUnits];
        int decomposed = 0;
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            if (!Rune.IsValid(code) || Newer.Any(range => code >= range.First && code <= range.Last)
                || Rune.GetUnicodeCategory(new Rune(code)) == UnicodeCategory.OtherNotAssigned)
            {
                continue;
            }

            string whole = new Rune(code).ToString();
            string expected = string.Concat(whole.Normalize(NormalizationForm.FormD).EnumerateRunes()
                .Where(rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark));
            int length = Decompositions.Strip(new Rune(code), written);
            Assert.AreEqual(expected, written[..length].ToString(), $"U+{code:X}");
            decomposed += expected == whole ? 0 : 1;
        }

        Assert.IsGreaterThan(13_000, decomposed, "11,172 syllables, 2,000 letters, marks");
    }

    [TestMethod]
    public void Full_EveryCharacter_IsDotNetsButForTheTurkishI()
    {
        Span<char> units = stackalloc char[CharacterRule.MaxUnits];
        foreach (int code in Enumerable.Range(0, 0x20000).Where(code => Rune.IsValid(code) && code != 0x130))
        {
            int length = LowerCase.Full(units, new Rune(code).EncodeToUtf16(units));
            Assert.AreEqual(Rune.ToLowerInvariant(new Rune(code)).ToString(), units[..length].ToString(), $"U+{code:X}");
        }

        "aİbİ".CopyTo(units);
        Assert.AreEqual(6, LowerCase.Full(units, 4));
        Assert.AreEqual("ai\u0307bi\u0307", units.ToString());
    }
}
