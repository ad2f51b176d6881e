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
                for (int at = 0; at + 1 < symbols.Length; at++)
                {
                    Change(symbols[at], symbols[at + 1], _words.Count - 1, count);
                }
            }
        }

        EnqueueGrown();
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
        foreach (int index in pair.Words)
        {
            Merge(index, left, right, both);
        }

        pair.Words.Clear();
        EnqueueGrown();
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

    /// <summary>
    /// Merges a pair in a word, from the left, so that of <c>a a a</c> the first two are merged. A word that lost the pair to another merge
    /// stays as it is. Only the pairs beside a merge change, and only those with the new token can become more frequent.
    /// </summary>
    private void Merge(int index, int left, int right, int both)
    {
        ref Word word = ref CollectionsMarshal.AsSpan(_words)[index];
        Span<int> symbols = word.Symbols.AsSpan(0, word.Length);
        int length = 0;
        for (int at = 0; at < symbols.Length; at++)
        {
            if (at + 1 == symbols.Length || symbols[at] != left || symbols[at + 1] != right)
            {
                symbols[length++] = symbols[at];
                continue;
            }

            Change(left, right, index, -word.Count);
            if (length > 0)
            {
                Change(symbols[length - 1], left, index, -word.Count);
                Change(symbols[length - 1], both, index, word.Count);
            }

            if (at + 2 < symbols.Length)
            {
                Change(right, symbols[at + 2], index, -word.Count);
                Change(both, symbols[at + 2], index, word.Count);
            }

            symbols[length++] = both;
            at++;
        }

        word = word with { Length = length };
    }

    /// <summary>Adds to the count of a pair, or takes from it.</summary>
    private void Change(int left, int right, int index, long count)
    {
        long key = ((long)left << IdBits) | (uint)right;
        ref Pair? pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
        pair ??= new Pair();
        pair.Count += count;
        if (count > 0)
        {
            _grown.Add(key);
            if (pair.Words.Count == 0 || pair.Words[^1] != index)
            {
                pair.Words.Add(index);
            }
        }
    }

    private void EnqueueGrown()
    {
        foreach (long key in _grown)
        {
            Enqueue(key, _pairs[key].Count);
        }

        _grown.Clear();
    }

    private void Enqueue(long pair, long count)
    {
        var entry = new Entry(pair, count);
        _queue.Enqueue(entry, entry);
    }

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
