namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Turns texts into ids of tokens, and back. Immutable: several threads may use one.</summary>
/// <param name="spec">What it is made of, checked (<see cref="TokenizerChecks"/>).</param>
/// <remarks>Special tokens that a text spells out, such as <c>[SEP]</c>, are text: no row can end itself early.</remarks>
internal abstract class Tokenizer(TokenizerSpec spec)
{
    /// <summary>What it is made of.</summary>
    public TokenizerSpec Spec { get; } = spec;

    /// <summary>The number of ids.</summary>
    public int Count => Spec.Tokens.Count;

    /// <summary>Ids of the special tokens.</summary>
    public SpecialTokens Special => Spec.Special;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="spec">What it is made of.</param>
    /// <exception cref="InvalidDataException">The parts do not fit together; the message says which.</exception>
    public static Tokenizer Create(TokenizerSpec spec)
    {
        TokenizerChecks.Check(spec);
        return spec.Kind == TokenizerKind.BytePairs ? new BytePairTokenizer(spec) : new PieceTokenizer(spec);
    }

    /// <summary>Reads a document that <see cref="Write"/> wrote.</summary>
    /// <param name="stream">Where to read, to its end.</param>
    /// <exception cref="InvalidDataException">It is no such document, of a later version, or damaged; the message says what is
    /// wrong.</exception>
    public static Tokenizer Read(Stream stream) => Create(TokenizerDocument.Read(stream));

    /// <summary>Writes all of it as one JSON document.</summary>
    /// <param name="stream">Where to.</param>
    public void Write(Stream stream) => TokenizerDocument.Write(stream, Spec);

    /// <summary>Writes the vocabulary as BERT's <c>vocab.txt</c>: a token a line, by id.</summary>
    /// <param name="stream">Where to.</param>
    /// <exception cref="InvalidOperationException">It is no WordPiece, or a token has a line end in it.</exception>
    public void WriteVocabulary(Stream stream) => VocabularyText.Write(stream, Spec);

    /// <summary>Adds the ids of a text, without special tokens around it.</summary>
    /// <param name="text">The text, with whatever is in it; null is an empty one.</param>
    /// <param name="ids">Takes the ids.</param>
    /// <param name="spans">Takes where each is in the text, unless null.</param>
    /// <returns>How many were added.</returns>
    public abstract int Encode(string? text, List<int> ids, List<TokenSpan>? spans = null);

    /// <summary>
    /// The text of tokens. Padding, beginning and end of rows are left out; what the tokenizer does not keep (spaces, case, accents, what
    /// is unknown) is not there again.
    /// </summary>
    /// <param name="ids">The ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is none of this tokenizer's.</exception>
    public abstract string Decode(ReadOnlySpan<int> ids);

    /// <summary>A token that belongs to a text, or null for one around it.</summary>
    protected string? TextOf(int id)
    {
        if ((uint)id >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(id), id, $"The tokenizer has ids from 0 to {Count - 1}; give ids of this one.");
        }

        return id == Special.Padding || id == Special.Classification || id == Special.Separator ? null : Spec.Tokens[id];
    }
}
