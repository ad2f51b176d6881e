namespace Microsoft.ML.MixedPrecision.Tests.Reference;

/// <summary>Byte pairs and their training, plainly: all pairs are looked through for each merge.</summary>
internal static class MergeReference
{
    /// <summary>Merges symbols: the pair that was learnt first, of several the leftmost, until there is none.</summary>
    public static List<string> Apply(IEnumerable<string> symbols, IReadOnlyList<(string Left, string Right)> merges)
    {
        List<string> all = [.. symbols];
        while (true)
        {
            int rank = int.MaxValue, place = -1;
            for (int at = 0; at + 1 < all.Count; at++)
            {
                int found = merges.ToList().LastIndexOf((all[at], all[at + 1]));
                if (found >= 0 && found < rank)
                {
                    (rank, place) = (found, at);
                }
            }

            if (place < 0)
            {
                return all;
            }

            all[place] += all[place + 1];
            all.RemoveAt(place + 1);
        }
    }

    /// <summary>
    /// WordPiece's vocabulary of words with counts: the alphabet given, then of all pairs the most frequent one, of equal ones the one
    /// whose tokens came first, as long as one occurs twice.
    /// </summary>
    public static List<string> LearnWordPiece(IReadOnlyDictionary<string, int> words, IEnumerable<string> alphabet, int size)
    {
        List<string> tokens = [.. alphabet];
        List<(List<string> Symbols, int Count)> split = [.. words.Select(word => (
            word.Key.EnumerateRunes().Select((rune, at) => at == 0 ? rune.ToString() : "##" + rune).ToList(), word.Value))];
        split.RemoveAll(word => word.Symbols.Exists(symbol => !tokens.Contains(symbol)));
        while (tokens.Count < size)
        {
            var best = (from word in split
                        from at in Enumerable.Range(0, word.Symbols.Count - 1)
                        group word.Count by (Left: word.Symbols[at], Right: word.Symbols[at + 1]) into pair
                        orderby pair.Sum() descending, tokens.IndexOf(pair.Key.Left), tokens.IndexOf(pair.Key.Right)
                        select (pair.Key, Count: pair.Sum())).FirstOrDefault();
            if (best.Count < 2)
            {
                break;
            }

            string both = best.Key.Left + best.Key.Right[2..];
            if (!tokens.Contains(both))
            {
                tokens.Add(both);
            }

            foreach ((List<string> symbols, _) in split)
            {
                for (int at = 0; at + 1 < symbols.Count; at++)
                {
                    if (symbols[at] == best.Key.Left && symbols[at + 1] == best.Key.Right)
                    {
                        symbols[at] = both;
                        symbols.RemoveAt(at + 1);
                    }
                }
            }
        }

        return tokens;
    }
}
