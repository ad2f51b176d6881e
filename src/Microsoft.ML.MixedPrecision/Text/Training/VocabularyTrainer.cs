namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Makes a tokenizer from texts that are read once. Memory is that of the different words (<see cref="ItemCounts"/>), not of the texts; the
/// same texts in the same order give the same tokenizer. One that is read from a file needs no texts.
/// </summary>
internal sealed class VocabularyTrainer
{
    private readonly TextTokenizer _description;
    private readonly CharacterTable? _table;
    private readonly ItemCounts _counts;

    /// <summary>A trainer that has seen no text.</summary>
    /// <param name="description">What to make.</param>
    /// <param name="mostWords">Different words to count.</param>
    public VocabularyTrainer(TextTokenizer description, int mostWords = ItemCounts.DefaultMost)
    {
        _description = description;
        _table = description.Rule is { } rule ? new CharacterTable(rule) : null;
        _counts = new ItemCounts(mostWords);
    }

    /// <summary>Counts the words of a text; those that are longer than words may be are left out.</summary>
    /// <param name="text">The text; null is an empty one.</param>
    public void Add(string? text)
    {
        if (_table is null)
        {
            return;
        }

        int units = WordReader.UnitsOf(TokenizerSpec.DefaultLongestWord);
        Span<char> word = stackalloc char[units];
        Span<int> sources = stackalloc int[units];
        var reader = new WordReader(_table, text, TokenizerSpec.DefaultLongestWord, word, sources);
        while (reader.Next())
        {
            if (!reader.IsTooLong)
            {
                _counts.Add(reader.Word);
            }
        }
    }

    /// <summary>Makes the tokenizer of the texts so far.</summary>
    /// <exception cref="FileNotFoundException">The file of the description is not there.</exception>
    /// <exception cref="InvalidDataException">It is no vocabulary; the message says what is.</exception>
    public Tokenizer Train() => Tokenizer.Create(_description.Make(_counts.Sorted()));
}
