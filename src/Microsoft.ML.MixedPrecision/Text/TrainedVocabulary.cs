using System.Globalization;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A <see cref="TextTokenizer"/> that is trained on texts.</summary>
internal sealed class TrainedVocabulary : TextTokenizer
{
    private const int Smallest = 10, Largest = 1_000_000;

    private readonly TokenizerSpec _start;
    private readonly int _size;

    /// <summary>A description.</summary>
    /// <param name="kind">How tokens are found.</param>
    /// <param name="vocabularySize">Tokens at most.</param>
    /// <param name="lowerCase">Whether texts are read in lower case.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vocabularySize"/> is not within its range.</exception>
    public TrainedVocabulary(TokenizerKind kind, int vocabularySize, bool lowerCase)
    {
        if (vocabularySize is < Smallest or > Largest)
        {
            throw new ArgumentOutOfRangeException(
                nameof(vocabularySize),
                vocabularySize,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A vocabulary has from {Smallest} to {Largest} tokens; 8000 is usual for pieces of words, 20000 for words, 1000 for "
                        + $"characters."));
        }

        _size = vocabularySize;
        _start = new TokenizerSpec
        {
            Kind = kind,
            Tokens = SpecialTokens.Names,
            Special = SpecialTokens.Trained,
            LowerCase = lowerCase,
            StripAccents = lowerCase && kind == TokenizerKind.WordPiece,
        };
    }

    /// <inheritdoc/>
    internal override CharacterRule? Rule => _start.Rule;

    /// <inheritdoc/>
    internal override TokenizerSpec Make(IReadOnlyList<KeyValuePair<string, long>> words) => _start with
    {
        Tokens = _start.Kind == TokenizerKind.WordPiece
            ? WordPieceLearner.Learn(words, _start.Tokens, _start.Continuation, _size)
            : [.. _start.Tokens, .. words.Take(_size - _start.Tokens.Count).Select(word => word.Key)],
    };

    /// <inheritdoc/>
    internal override bool MayBe(TokenizerSpec spec)
        => (spec.Kind, spec.LowerCase) == (_start.Kind, _start.LowerCase) && spec.Tokens.Count <= _size;

    /// <inheritdoc/>
    public override string ToString() => TextTokenizerText.Write(_start.Kind, _size, _start.LowerCase);
}
