using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Learns WordPiece's vocabulary: words begin as single characters, <c>h ##a ##t</c>; the pair of neighbours with the largest
/// <c>count(a b) = Σ over words of count(word) · occurrences of a b in it</c> becomes one token, <c>ha</c>, in all words, until the
/// vocabulary is full or no pair occurs twice. Of equal pairs the one with the lower left id is taken, then the one with the lower right
/// id.
/// </summary>
/// <remarks>
/// Schuster and Nakajima 2012, "Japanese and Korean Voice Search", merge what raises the likelihood of the texts most; like Hugging Face's
/// trainer this one takes counts, as Sennrich, Haddow, Birch 2016 do. A word is left out that has a character beyond the alphabet
/// (<see cref="WordPieceAlphabet"/>): it is unknown in any case.
/// </remarks>
internal sealed class WordPieceLearner
{
    private const long Fewest = 2;

    /// <summary>Enough for a million tokens; with 32 bits each, a dictionary's hash of two ids would be their exclusive or.</summary>
    private const int IdBits = 20;

    private readonly List<string> _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly string _continuation;

    private readonly List<Word> _words = [];
    private readonly Dictionary<long, Pair> _pairs = [];

    private readonly HashSet<long> _grown = [];

    // An entry whose count is no longer the pair's is put right when it comes out.
    private readonly PriorityQueue<Entry, Entry> _queue = new();

    private WordPieceLearner(IEnumerable<string> tokens, string continuation)
    {
        _tokens = [.. tokens];
        _ids = _tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id, StringComparer.Ordinal);
        _continuation = continuation;
    }

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="words">Words with their counts, the most frequent first.</param>
    /// <param name="special">The tokens that it begins with.</param>
    /// <param name="continuation">What the tokens begin with that go on a word.</param>
    /// <param name="size">Tokens at most.</param>
    public static IReadOnlyList<string> Learn(
        IReadOnlyList<KeyValuePair<string, long>> words,
        IReadOnlyList<string> special,
        string continuation,
        int size)
    {
        IReadOnlyList<string> alphabet = WordPieceAlphabet.Of(words, continuation, size - special.Count);
        var learner = new WordPieceLearner([.. special, .. alphabet], continuation);
        learner.Read(words);
        while (learner._tokens.Count < size && learner.Next() is { } pair)
        {
            learner.Merge(pair);
        }

        return learner._tokens;
    }

    private void Read(IReadOnlyList<KeyValuePair<string, long>> words)
    {
        foreach ((string word, long count) in words)
        {
            if (Symbols(word) is { } symbols)
            {
                _words.Add(new Word(symbols, symbols.Length, count));
                Count(_words.Count - 1, 1);
            }
        }

        foreach ((long key, Pair pair) in _pairs)
        {
            Enqueue(key, pair.Count);
        }
    }

    private int[]? Symbols(string word)
    {
        var symbols = new List<int>(word.Length);
        foreach (Rune character in word.EnumerateRunes())
        {
            string token = symbols.Count == 0 ? character.ToString() : _continuation + character;
            if (!_ids.TryGetValue(token, out int id))
            {
                return null;
            }

            symbols.Add(id);
        }

        return [.. symbols];
    }

    private long? Next()
    {
        while (_queue.TryDequeue(out Entry entry, out _))
        {
            long count = _pairs[entry.Pair].Count;
            if (count == entry.Count && count >= Fewest)
            {
                return entry.Pair;
            }

            // A larger count has an entry of its own.
            if (count < entry.Count && count >= Fewest)
            {
                Enqueue(entry.Pair, count);
            }
        }

        return null;
    }

    private void Merge(long key)
    {
        (int left, int right) = ((int)(key >> IdBits), (int)(key & ((1 << IdBits) - 1)));
        int both = Token(_tokens[left] + _tokens[right][_continuation.Length..]);
        Pair pair = _pairs[key];
        _grown.Clear();
        foreach (int index in pair.Words)
        {
            // A word that had the pair, but lost it to another merge, stays as it is.
            ref Word word = ref CollectionsMarshal.AsSpan(_words)[index];
            if (!Has(word, left, right))
            {
                continue;
            }

            Count(index, -1);
            word = word with { Length = Replace(word.Symbols.AsSpan(0, word.Length), left, right, both) };
            Count(index, 1);
            AddPairsOf(word, both);
        }

        pair.Words.Clear();
        foreach (long grown in _grown)
        {
            Enqueue(grown, _pairs[grown].Count);
        }
    }

    private int Token(string token)
    {
        if (!_ids.TryGetValue(token, out int id))
        {
            id = _tokens.Count;
            _ids.Add(token, id);
            _tokens.Add(token);
        }

        return id;
    }

    private static bool Has(in Word word, int left, int right)
    {
        for (int at = 0; at < word.Length - 1; at++)
        {
            if (word.Symbols[at] == left && word.Symbols[at + 1] == right)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>From the left, so that of <c>a a a</c> the first two are merged.</summary>
    private static int Replace(Span<int> symbols, int left, int right, int both)
    {
        int length = 0;
        for (int at = 0; at < symbols.Length; at++)
        {
            bool isPair = at + 1 < symbols.Length && symbols[at] == left && symbols[at + 1] == right;
            symbols[length++] = isPair ? both : symbols[at];
            at += isPair ? 1 : 0;
        }

        return length;
    }

    /// <summary>Adds a word's pairs to the counts, or takes them away.</summary>
    private void Count(int index, int sign)
    {
        Word word = _words[index];
        for (int at = 0; at < word.Length - 1; at++)
        {
            ref Pair? pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, Key(word, at), out _);
            pair ??= new Pair();
            pair.Count += sign * word.Count;
            if (sign > 0 && (pair.Words.Count == 0 || pair.Words[^1] != index))
            {
                pair.Words.Add(index);
            }
        }
    }

    /// <summary>Only pairs with the new token can have become more frequent.</summary>
    private void AddPairsOf(in Word word, int token)
    {
        for (int at = 0; at < word.Length - 1; at++)
        {
            if (word.Symbols[at] == token || word.Symbols[at + 1] == token)
            {
                _grown.Add(Key(word, at));
            }
        }
    }

    private void Enqueue(long pair, long count)
    {
        var entry = new Entry(pair, count);
        _queue.Enqueue(entry, entry);
    }

    /// <summary>A pair as one number, in whose order the left id comes before the right one.</summary>
    private static long Key(in Word word, int at) => ((long)word.Symbols[at] << IdBits) | (uint)word.Symbols[at + 1];

    /// <summary>A word as it is split by now.</summary>
    private readonly record struct Word(int[] Symbols, int Length, long Count);

    /// <summary>A pair with its count when it was put into the queue: the largest count first, then the lower ids.</summary>
    private readonly record struct Entry(long Pair, long Count) : IComparable<Entry>
    {
        public int CompareTo(Entry other) => Count != other.Count ? other.Count.CompareTo(Count) : Pair.CompareTo(other.Pair);
    }

    /// <summary>Two neighbours: how often, and in which words they are or were.</summary>
    private sealed class Pair
    {
        public long Count { get; set; }

        public List<int> Words { get; } = [];
    }
}
