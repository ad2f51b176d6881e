namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Ids of the tokens that are in no text; null for one that a vocabulary lacks.</summary>
/// <param name="Padding">Fills up rows.</param>
/// <param name="Unknown">Stands for what the vocabulary cannot say.</param>
/// <param name="Classification">Begins a row.</param>
/// <param name="Separator">Ends a text.</param>
/// <param name="Mask">Hides a token.</param>
internal sealed record SpecialTokens(int? Padding, int? Unknown, int? Classification, int? Separator, int? Mask)
{
    /// <summary>The special tokens of a vocabulary that is trained here, by id.</summary>
    public static IReadOnlyList<string> Names { get; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>Their ids there.</summary>
    public static SpecialTokens Trained { get; } = new(0, 1, 2, 3, 4);

    /// <summary>Finds them by the names that BERT gives them, or else RoBERTa.</summary>
    /// <param name="ids">Ids by token.</param>
    public static SpecialTokens Find(IReadOnlyDictionary<string, int> ids)
    {
        int? First(string bert, string roberta)
            => ids.TryGetValue(bert, out int id) || ids.TryGetValue(roberta, out id) ? id : null;

        return new(
            First(Names[0], "<pad>"),
            First(Names[1], "<unk>"),
            First(Names[2], "<s>"),
            First(Names[3], "</s>"),
            First(Names[4], "<mask>"));
    }

    /// <summary>Each with what it is called in messages.</summary>
    public IEnumerable<(string Name, int? Id)> All()
        => [("padding", Padding), ("unknown", Unknown), ("classification", Classification), ("separator", Separator), ("mask", Mask)];
}
