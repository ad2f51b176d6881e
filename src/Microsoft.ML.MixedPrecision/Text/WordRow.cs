namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A row of tokens of words, made by <see cref="WordSequence"/>; used again for row after row.</summary>
internal sealed class WordRow
{
    /// <summary>The ids, special ones included.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>Of each word the place of its first id; <see cref="WordSequence.Nowhere"/> for one that is left out.</summary>
    public List<int> Places { get; } = [];

    /// <summary>Ids that did not fit.</summary>
    public int Cut { get; set; }

    /// <summary>Words of which no id fitted.</summary>
    public int CutWords { get; set; }

    /// <summary>Ids of the word that was read last.</summary>
    internal List<int> Pieces { get; } = [];

    /// <summary>Forgets the row.</summary>
    internal void Clear()
    {
        Ids.Clear();
        Places.Clear();
        (Cut, CutWords) = (0, 0);
    }

    /// <summary>Takes the ids of a word.</summary>
    /// <param name="tokenizer">Makes them.</param>
    /// <param name="word">The word; byte pairs know one within a text by the space before it.</param>
    internal void Read(Tokenizer tokenizer, ReadOnlyMemory<char> word)
    {
        Pieces.Clear();
        bool hasSpace = tokenizer.Spec.Kind == TokenizerKind.BytePairs && !word.IsEmpty;
        tokenizer.Encode(hasSpace ? $" {word}" : word.ToString(), Pieces);
        if (Pieces.Count == 0 && tokenizer.Special.Unknown is { } unknown)
        {
            Pieces.Add(unknown);
        }
    }
}
