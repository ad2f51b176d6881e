namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>How a tokenizer finds its tokens.</summary>
internal enum TokenizerKind
{
    /// <summary>BERT's: words, and of words that are not in the vocabulary the longest pieces from the left.</summary>
    WordPiece,

    /// <summary>Whole words.</summary>
    Words,

    /// <summary>Characters.</summary>
    Characters,

    /// <summary>GPT-2's and RoBERTa's: bytes, merged in the order in which the merges were learnt.</summary>
    BytePairs,
}
