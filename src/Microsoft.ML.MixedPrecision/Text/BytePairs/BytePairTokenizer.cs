using System.Buffers;
using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Byte-level byte pairs as GPT-2 and RoBERTa have them: the text is split (<see cref="BytePairWords"/>), each part's UTF-8 bytes are
/// tokens that are merged (<see cref="BytePairMerges"/>). Every text can be said. Half a character is U+FFFD.
/// </summary>
/// <remarks>A byte that a vocabulary lacks is its unknown token, or nothing where it has none. Source:
/// https://github.com/openai/gpt-2/blob/master/src/encoder.py.</remarks>
internal sealed class BytePairTokenizer : Tokenizer
{
    private const int OnStack = 256;

    private readonly int[] _bytes = new int[byte.MaxValue + 1];
    private readonly BytePairMerges _merges;

    // Most words of most texts are one token: those that merging their bytes gives, found without merging.
    private readonly TokenTrie _whole;

    /// <summary>A tokenizer.</summary>
    /// <param name="spec">What it is made of.</param>
    public BytePairTokenizer(TokenizerSpec spec)
        : base(spec)
    {
        Dictionary<string, int> ids = TokenizerChecks.Ids(spec);
        for (int value = 0; value < _bytes.Length; value++)
        {
            _bytes[value] = ids.TryGetValue(ByteAlphabet.LetterOf((byte)value).ToString(), out int id) ? id : Special.Unknown ?? -1;
        }

        _merges = new BytePairMerges(spec.Merges.Select(merge => TokenizerChecks.Merge(merge, ids)));
        _whole = new TokenTrie([.. spec.Tokens.Select((token, id) => IsMerged(token, id, ids) ? token : string.Empty)]);
    }

    /// <inheritdoc/>
    public override int Encode(string? text, List<int> ids, List<TokenSpan>? spans = null)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        // Spans are of the text without the space put before it.
        int added = Spec.AddSpace && text[0] != ' ' ? 1 : 0;
        ReadOnlySpan<char> units = added > 0 ? " " + text : text;
        Span<char> letters = stackalloc char[OnStack];
        var words = new BytePairWords(units);
        int before = ids.Count;
        for (int number = 0; words.Next(); number++)
        {
            ReadOnlySpan<char> word = units[words.Start..words.End];
            var place = new WordPlace(words.Start - added, number);
            if (!TryEncodeWhole(word, letters, out int id))
            {
                EncodeWord(word, place, ids, spans);
                continue;
            }

            ids.Add(id);
            if (spans is not null)
            {
                AddSpans(word, place, [0], word.Length, spans);
            }
        }

        return ids.Count - before;
    }

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new List<byte>();
        foreach (int id in ids)
        {
            if (TextOf(id) is { } token)
            {
                ByteAlphabet.Append(token, bytes);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>Whether merging the bytes that a token is written for gives that token; one that no merge leads to is in no text.</summary>
    private bool IsMerged(string token, int id, Dictionary<string, int> ids)
    {
        var symbols = new int[token.Length];
        for (int at = 0; at < token.Length; at++)
        {
            if (!ids.TryGetValue(token[at].ToString(), out symbols[at]))
            {
                return false;
            }
        }

        return token.Length > 0 && _merges.Apply(symbols, new int[token.Length]) == 1 && symbols[0] == id;
    }

    /// <summary>The token of a word of ASCII that is one.</summary>
    private bool TryEncodeWhole(ReadOnlySpan<char> word, Span<char> letters, out int id)
    {
        id = TokenTrie.None;
        if (word.Length > letters.Length)
        {
            return false;
        }

        for (int at = 0; at < word.Length; at++)
        {
            if (!char.IsAscii(word[at]))
            {
                return false;
            }

            letters[at] = ByteAlphabet.LetterOf((byte)word[at]);
        }

        id = _whole.Longest(TokenTrie.Root, letters[..word.Length], out int length);
        return length == word.Length;
    }

    private void EncodeWord(ReadOnlySpan<char> word, WordPlace place, List<int> ids, List<TokenSpan>? spans)
    {
        int most = Encoding.UTF8.GetMaxByteCount(word.Length);
        byte[]? rented = most > OnStack ? ArrayPool<byte>.Shared.Rent(most) : null;
        int[]? symbols = most > OnStack ? ArrayPool<int>.Shared.Rent(2 * most) : null;
        Span<byte> bytes = rented ?? stackalloc byte[OnStack];
        Span<int> all = symbols ?? stackalloc int[2 * OnStack];
        try
        {
            bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
            int count = Symbols(bytes, all[..bytes.Length], all.Slice(bytes.Length, bytes.Length));
            Span<int> starts = all.Slice(bytes.Length, count);
            count = _merges.Apply(all[..count], starts);
            foreach (int id in all[..count])
            {
                ids.Add(id);
            }

            if (spans is not null)
            {
                AddSpans(word, place, starts[..count], bytes.Length, spans);
            }
        }
        finally
        {
            Return(rented, symbols);
        }
    }

    private static void Return(byte[]? bytes, int[]? symbols)
    {
        if (bytes is not null && symbols is not null)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<int>.Shared.Return(symbols);
        }
    }

    private int Symbols(ReadOnlySpan<byte> bytes, Span<int> ids, Span<int> starts)
    {
        int count = 0;
        for (int at = 0; at < bytes.Length; at++)
        {
            if (_bytes[bytes[at]] >= 0)
            {
                (ids[count], starts[count]) = (_bytes[bytes[at]], at);
                count++;
            }
        }

        return count;
    }

    /// <summary>A token is where the characters are that it has bytes of, without the space before them; bytes that were left out belong to
    /// the one before.</summary>
    private static void AddSpans(ReadOnlySpan<char> word, WordPlace place, ReadOnlySpan<int> starts, int bytes, List<TokenSpan> spans)
    {
        int unit = 0, before = 0;
        for (int index = 0; index < starts.Length; index++)
        {
            int end = index + 1 < starts.Length ? starts[index + 1] : bytes;
            Advance(word, starts[index], ref unit, ref before);
            int last = unit, lastBefore = before;
            Advance(word, end - 1, ref last, ref lastBefore);
            Rune.DecodeFromUtf16(word[last..], out _, out int units);
            int first = place.Start + unit + (word[unit] == ' ' && last > unit ? 1 : 0);
            int start = Math.Max(first, 0);
            spans.Add(new TokenSpan(start, Math.Max(place.Start + last + units - start, 1), place.Number));
        }
    }

    /// <summary>Goes to the character that has a byte.</summary>
    private static void Advance(ReadOnlySpan<char> word, int target, ref int unit, ref int before)
    {
        while (true)
        {
            Rune.DecodeFromUtf16(word[unit..], out Rune character, out int units);
            if (before + character.Utf8SequenceLength > target)
            {
                return;
            }

            before += character.Utf8SequenceLength;
            unit += units;
        }
    }

    /// <summary>A part of a text.</summary>
    /// <param name="Start">Its first unit; −1 where the space before the text is not the text's.</param>
    /// <param name="Number">Its number.</param>
    private readonly record struct WordPlace(int Start, int Number);
}
