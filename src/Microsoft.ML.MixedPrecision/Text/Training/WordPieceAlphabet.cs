using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// The characters that WordPiece's vocabulary begins with: the most frequent 1,000, as long as there is room, each as the beginning of a
/// word, and those that occur within words also as what goes on one. So any word over them can be said.
/// </summary>
internal static class WordPieceAlphabet
{
    private const int Most = 1000;

    /// <summary>The tokens of the alphabet, the most frequent character first; of equal ones the lower code point.</summary>
    /// <param name="words">Words with their counts.</param>
    /// <param name="continuation">What the tokens begin with that go on a word.</param>
    /// <param name="room">Tokens at most.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<KeyValuePair<string, long>> words, string continuation, int room)
    {
        var counts = new Dictionary<Rune, long>();
        var within = new HashSet<Rune>();
        foreach ((string word, long count) in words)
        {
            bool isFirst = true;
            foreach (Rune character in word.EnumerateRunes())
            {
                counts[character] = counts.GetValueOrDefault(character) + count;
                if (!isFirst)
                {
                    within.Add(character);
                }

                isFirst = false;
            }
        }

        var tokens = new List<string>();
        foreach ((Rune character, _) in counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(Most))
        {
            string[] forms = within.Contains(character) ? [character.ToString(), continuation + character] : [character.ToString()];
            if (tokens.Count + forms.Length > room)
            {
                break;
            }

            tokens.AddRange(forms);
        }

        return tokens;
    }
}
