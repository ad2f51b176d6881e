using System.Text.Json.Serialization;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>All that a tokenizer is made of, as data: what its document holds.</summary>
internal sealed record TokenizerSpec
{
    /// <summary>Characters that a word may have in WordPiece; longer ones are unknown.</summary>
    public const int DefaultLongestWord = 100;

    /// <summary>The most that <see cref="LongestWord"/> may be: a word is read on the stack.</summary>
    public const int MaxLongestWord = 1000;

    /// <summary>How tokens are found.</summary>
    public required TokenizerKind Kind { get; init; }

    /// <summary>The tokens by id; empty for an id that nothing has. Byte pairs are written as GPT-2 does (<see
    /// cref="ByteAlphabet"/>).</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Ids of the special tokens.</summary>
    public required SpecialTokens Special { get; init; }

    /// <summary>Where they stand in a row.</summary>
    public SequenceForm Form { get; init; } = SequenceForm.Bert;

    /// <summary>Whether texts are read in lower case; not of byte pairs.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Whether accents are left out; of WordPiece, as the next three.</summary>
    public bool StripAccents { get; init; }

    /// <summary>Whether controls are left out.</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Whether each ideograph is a word.</summary>
    public bool SplitIdeographs { get; init; } = true;

    /// <summary>What the tokens begin with that go on a word.</summary>
    public string Continuation { get; init; } = "##";

    /// <summary>Characters that a word may have; longer ones are unknown. Not of byte pairs.</summary>
    public int LongestWord { get; init; } = DefaultLongestWord;

    /// <summary>Merges of byte pairs, <c>left right</c>, the first one first.</summary>
    public IReadOnlyList<string> Merges { get; init; } = [];

    /// <summary>Whether byte pairs put a space before a text that has none.</summary>
    public bool AddSpace { get; init; }

    /// <summary>How characters make words; null for byte pairs, which have rules of their own.</summary>
    [JsonIgnore]
    public CharacterRule? Rule => Kind switch
    {
        TokenizerKind.WordPiece => new BertRule(CleanText, SplitIdeographs, StripAccents, LowerCase),
        TokenizerKind.Words => new WordRule(LowerCase),
        TokenizerKind.Characters => new SingleRule(LowerCase),
        _ => null,
    };
}
