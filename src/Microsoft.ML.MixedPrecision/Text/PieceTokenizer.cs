using System.Text;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// WordPiece, words and characters: a <see cref="CharacterRule"/> splits the text into words; of each word the longest token from the left
/// is taken, then the longest that goes on the word, and so on to its end. A word that is not wholly covered is one unknown token. Words
/// and characters have no tokens that go on.
/// </summary>
/// <remarks>Source: https://github.com/google-research/bert/blob/master/tokenization.py, <c>WordpieceTokenizer</c>.</remarks>
internal sealed class PieceTokenizer : Tokenizer
{
    private readonly CharacterTable _table;
    private readonly TokenTrie _tokens;

    /// <summary>Where the tokens that go on a word begin; none of words and characters.</summary>
    private readonly int _continuation;

    /// <summary>A tokenizer.</summary>
    /// <param name="spec">What it is made of.</param>
    public PieceTokenizer(TokenizerSpec spec)
        : base(spec)
    {
        _table = new CharacterTable(spec.Rule!);
        _tokens = new TokenTrie(spec.Tokens);
        _continuation = spec.Kind == TokenizerKind.WordPiece ? _tokens.NodeOf(spec.Continuation) : TokenTrie.None;
    }

    /// <inheritdoc/>
    public override int Encode(string? text, List<int> ids, List<TokenSpan>? spans = null)
    {
        int units = WordReader.UnitsOf(Spec.LongestWord);
        Span<char> word = stackalloc char[units];
        Span<int> sources = stackalloc int[units];
        var reader = new WordReader(_table, text, Spec.LongestWord, word, sources);
        int before = ids.Count;
        for (int number = 0; reader.Next(); number++)
        {
            Encode(in reader, number, ids, spans);
        }

        return ids.Count - before;
    }

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (int id in ids)
        {
            if (TextOf(id) is not { } token)
            {
                continue;
            }

            bool goesOn = _continuation > TokenTrie.Root && token.StartsWith(Spec.Continuation, StringComparison.Ordinal);
            bool hasSpace = !goesOn && text.Length > 0 && Spec.Kind != TokenizerKind.Characters;
            text.Append(hasSpace ? " " : string.Empty).Append(token.AsSpan(goesOn ? Spec.Continuation.Length : 0));
        }

        return text.ToString();
    }

    private void Encode(in WordReader reader, int number, List<int> ids, List<TokenSpan>? spans)
    {
        int before = ids.Count;
        ReadOnlySpan<char> word = reader.Word;
        int node = TokenTrie.Root;
        for (int at = 0, length; at < word.Length; at += length)
        {
            int id = _tokens.Longest(node, word[at..], out length);
            if (length == 0 || reader.IsTooLong)
            {
                EncodeUnknown(in reader, number, ids, spans, before);
                return;
            }

            ids.Add(id);
            spans?.Add(reader.Part(at, length, number));
            node = _continuation;
        }
    }

    private void EncodeUnknown(in WordReader reader, int number, List<int> ids, List<TokenSpan>? spans, int before)
    {
        spans?.RemoveRange(spans.Count - (ids.Count - before), ids.Count - before);
        ids.RemoveRange(before, ids.Count - before);
        ids.Add(Special.Unknown!.Value);
        spans?.Add(reader.Whole(number));
    }
}
