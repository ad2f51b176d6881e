using System.ComponentModel;
using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision;

/// <summary>
/// How a text becomes tokens: trained on the texts that a trainer reads, or from a file. Immutable, compared by value, in JSON the string
/// of <see cref="ToString"/>.
/// </summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>tokenizer</term><description>tokens</description></listheader>
/// <item><term><see cref="TrainWordPiece"/></term><description>frequent words, and pieces of which every other word is put
/// together</description></item>
/// <item><term><see cref="TrainWords"/></term><description>frequent words; others are one unknown token</description></item>
/// <item><term><see cref="Characters"/></term><description>characters</description></item>
/// <item><term><see cref="FromFile"/></term><description>those of a model that was trained elsewhere</description></item>
/// </list>
/// A vocabulary that is trained begins with [PAD], [UNK], [CLS], [SEP] and [MASK], which count as 5 of its tokens. The same texts in the
/// same order give the same vocabulary.
/// </remarks>
[JsonConverter(typeof(ReadableJsonConverter<TextTokenizer>))]
[TypeConverter(typeof(ReadableTypeConverter<TextTokenizer>))]
public abstract class TextTokenizer : IEquatable<TextTokenizer>, IReadable<TextTokenizer>
{
    /// <summary>Of this library only.</summary>
    private protected TextTokenizer()
    {
    }

    /// <summary>How texts are split that the vocabulary is counted of; null for one that is read from a file.</summary>
    internal abstract CharacterRule? Rule { get; }

    /// <summary>
    /// WordPiece, trained on the texts: from single characters, the pair of neighbours that is the most frequent within words becomes a
    /// token, again and again. Words are split at spaces and punctuation, as BERT does.
    /// </summary>
    /// <param name="vocabularySize">Tokens at most, from 10 to 1,000,000. Fewer where no pair is left that occurs twice.</param>
    /// <param name="lowerCase">Whether case and accents are ignored.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vocabularySize"/> is not within its range.</exception>
    public static TextTokenizer TrainWordPiece(int vocabularySize = 8000, bool lowerCase = true)
        => new TrainedVocabulary(TokenizerKind.WordPiece, vocabularySize, lowerCase);

    /// <summary>The most frequent words of the texts: runs of letters, marks and digits; each other character but spaces is a
    /// word.</summary>
    /// <param name="vocabularySize">Tokens at most, from 10 to 1,000,000.</param>
    /// <param name="lowerCase">Whether case is ignored; accents are not.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vocabularySize"/> is not within its range.</exception>
    public static TextTokenizer TrainWords(int vocabularySize = 20000, bool lowerCase = true)
        => new TrainedVocabulary(TokenizerKind.Words, vocabularySize, lowerCase);

    /// <summary>The most frequent characters of the texts, spaces too; emoji and others beyond 16 bits are one each.</summary>
    /// <param name="vocabularySize">Tokens at most, from 10 to 1,000,000.</param>
    /// <param name="lowerCase">Whether case is ignored.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="vocabularySize"/> is not within its range.</exception>
    public static TextTokenizer Characters(int vocabularySize = 1000, bool lowerCase = false)
        => new TrainedVocabulary(TokenizerKind.Characters, vocabularySize, lowerCase);

    /// <summary>
    /// A vocabulary of a model that was trained elsewhere: BERT's <c>vocab.txt</c>; a <c>tokenizer.json</c> of Hugging Face (WordPiece, or
    /// byte-level BPE as GPT-2 and RoBERTa have it); or a folder that holds one of them, or <c>vocab.json</c> and <c>merges.txt</c>.
    /// </summary>
    /// <param name="path">File or folder. It is read when a trainer is fitted; the model then holds the vocabulary itself.</param>
    /// <remarks>A <c>vocab.txt</c> does not say whether it is of lower case: <c>do_lower_case</c> of a <c>tokenizer_config.json</c> beside
    /// it does; without, it is if lower case changes none of its tokens but those in brackets.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    public static TextTokenizer FromFile(string path) => new GivenVocabulary(path);

    /// <summary>Reads what <see cref="ToString"/> wrote, or a name alone, in any case.</summary>
    /// <param name="text">For example <c>wordpiece</c>, <c>words(vocabularySize=5000)</c>, <c>characters(lowerCase=true)</c>,
    /// <c>file(vocab.txt)</c>.</param>
    /// <exception cref="ArgumentException">Not understood, or a number is not allowed; the message says what is.</exception>
    public static TextTokenizer Parse(string text) => TextTokenizerText.Parse(text);

    /// <summary>What the tokenizer is made of.</summary>
    /// <param name="words">The words of the texts with their counts, the most frequent first.</param>
    internal abstract TokenizerSpec Make(IReadOnlyList<KeyValuePair<string, long>> words);

    /// <summary>Whether a vocabulary may be of this description, as far as both tell.</summary>
    /// <param name="spec">The vocabulary.</param>
    internal abstract bool MayBe(TokenizerSpec spec);

    /// <summary>Whether they are equal in kind, size, case and path.</summary>
    public static bool operator ==(TextTokenizer? left, TextTokenizer? right) => Equals(left, right);

    /// <summary>Whether they differ in kind, size, case or path.</summary>
    public static bool operator !=(TextTokenizer? left, TextTokenizer? right) => !Equals(left, right);

    /// <inheritdoc/>
    public bool Equals(TextTokenizer? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TextTokenizer);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(ToString());

    /// <summary>The name and the choices, as <see cref="Parse"/> reads them.</summary>
    public abstract override string ToString();
}
