namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Checks that the parts of a tokenizer fit together.</summary>
internal static class TokenizerChecks
{
    /// <summary>Checks all of it but the merges, which <see cref="Merge"/> does as they are read.</summary>
    /// <param name="spec">The parts.</param>
    /// <exception cref="InvalidDataException">They do not; the message says which.</exception>
    public static void Check(TokenizerSpec spec)
    {
        foreach ((string name, int? id) in spec.Special.All())
        {
            Require(
                id is null || (uint)id.Value < (uint)spec.Tokens.Count,
                $"the id {id} of its {name} token is none of its {spec.Tokens.Count} tokens: it must be from 0 to {spec.Tokens.Count - 1}");
        }

        Require(
            spec.Form == SequenceForm.Plain || (spec.Special.Classification is not null && spec.Special.Separator is not null),
            $"its rows have the form {spec.Form}, but there is no token that begins a row ([CLS] or <s>), or none that ends a text "
                + "([SEP] or </s>)");
        if (spec.Kind != TokenizerKind.BytePairs)
        {
            CheckWords(spec);
        }
    }

    /// <summary>Ids by token; of equal tokens the last one counts, empty ones have none.</summary>
    /// <param name="spec">The parts.</param>
    public static Dictionary<string, int> Ids(TokenizerSpec spec)
    {
        var ids = new Dictionary<string, int>(spec.Tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < spec.Tokens.Count; id++)
        {
            if (spec.Tokens[id].Length > 0)
            {
                ids[spec.Tokens[id]] = id;
            }
        }

        return ids;
    }

    /// <summary>The ids of a merge <c>left right</c>, and of both together.</summary>
    /// <param name="merge">The merge.</param>
    /// <param name="ids">Ids by token.</param>
    /// <exception cref="InvalidDataException">One of the three is no token.</exception>
    public static (int Left, int Right, int Both) Merge(string merge, Dictionary<string, int> ids)
    {
        int space = merge.IndexOf(' ', StringComparison.Ordinal);
        Require(space > 0 && space < merge.Length - 1, $"the merge '{merge}' is not two tokens with a space between them");
        int Id(string token) => ids.TryGetValue(token, out int id)
            ? id
            : throw new InvalidDataException($"A tokenizer cannot be made: '{token}' of the merge '{merge}' is none of its tokens. Take "
                + "vocabulary and merges of one model.");

        return (Id(merge[..space]), Id(merge[(space + 1)..]), Id(merge.Remove(space, 1)));
    }

    private static void CheckWords(TokenizerSpec spec)
    {
        Require(
            spec.Special.Unknown is not null,
            "it has no token for unknown words ([UNK] or <unk>), which every word that it cannot say becomes");
        Require(
            spec.LongestWord is > 0 and <= TokenizerSpec.MaxLongestWord,
            $"words of {spec.LongestWord} characters are its longest: it must be from 1 to {TokenizerSpec.MaxLongestWord}");
        Require(spec.Merges.Count == 0, $"it has {spec.Merges.Count} merges, but {spec.Kind} has none");
    }

    private static void Require(bool isRight, string fault)
    {
        if (!isRight)
        {
            throw new InvalidDataException($"A tokenizer cannot be made: {fault}. Take an undamaged copy of its file.");
        }
    }
}
