using System.Globalization;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>
/// BERT's tokenizer as its authors describe it, step by step on whole strings, with the system's decomposition and a search that shortens
/// each candidate from the right: slow, and nothing of ours in it.
/// </summary>
/// <param name="ids">Ids by token.</param>
/// <param name="uncased">Whether case and accents are ignored.</param>
internal sealed class WordPieceReference(IReadOnlyDictionary<string, int> ids, bool uncased)
{
    private const int LongestWord = 100;

    /// <summary>The ids of a text.</summary>
    public int[] Encode(string text) => [.. Words(text).SelectMany(Pieces)];

    /// <summary>The words of a text, as they are looked up.</summary>
    public IEnumerable<string> Words(string text)
    {
        string spaced = string.Concat(WellFormed(text).EnumerateRunes().Select(Cleaned));
        if (uncased)
        {
            IEnumerable<Rune> bare = spaced.Normalize(NormalizationForm.FormD).EnumerateRunes()
                .Where(rune => Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark);
            spaced = string.Concat(bare.Select(rune => rune.Value == 'İ' ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString()));
        }

        return spaced.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(SplitAtPunctuation);
    }

    private static string WellFormed(string text) => string.Concat(text.EnumerateRunes());

    private static string Cleaned(Rune rune)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        return rune.Value is '\t' or '\n' or '\r' ? " "
            : rune.Value == 0xFFFD ? ""
            : category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse ? ""
            : category is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? " "
            : IsIdeograph(rune.Value) ? $" {rune} "
            : rune.ToString();
    }

    private static IEnumerable<string> SplitAtPunctuation(string word)
    {
        var current = new StringBuilder();
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (!IsPunctuation(rune))
            {
                current.Append(rune);
                continue;
            }

            if (current.Length > 0)
            {
                yield return current.ToString();
                current.Clear();
            }

            yield return rune.ToString();
        }

        if (current.Length > 0)
        {
            yield return current.ToString();
        }
    }

    private IEnumerable<int> Pieces(string word)
    {
        string[] characters = [.. word.EnumerateRunes().Select(rune => rune.ToString())];
        var found = new List<int>();
        int start = 0;
        while (start < characters.Length && characters.Length <= LongestWord)
        {
            int end = characters.Length;
            int id = -1;
            while (end > start && !ids.TryGetValue((start > 0 ? "##" : "") + string.Concat(characters[start..end]), out id))
            {
                end--;
            }

            if (end == start)
            {
                break;
            }

            found.Add(id);
            start = end;
        }

        return start == characters.Length ? found : [ids["[UNK]"]];
    }

    private static bool IsPunctuation(Rune rune)
        => rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126) || Rune.IsPunctuation(rune);

    private static bool IsIdeograph(int code)
        => new (int First, int Last)[]
        {
            (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
            (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
        }.Any(range => code >= range.First && code <= range.Last);
}
