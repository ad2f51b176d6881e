namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Joins one text or a pair into a row of at most T ids (<see cref="SequenceForm"/>): T less the special tokens is shared by the texts. Of
/// a pair that is too long the longer text loses tokens until both are equally long, then both in turn, the second one first, as BERT does
/// it.
/// </summary>
internal static class TokenSequence
{
    private static readonly TokenSpan Nowhere = new(0, 0, -1);

    /// <summary>Special tokens of a row.</summary>
    /// <param name="form">Its form.</param>
    /// <param name="isPair">Whether it has two texts.</param>
    public static int SpecialCount(SequenceForm form, bool isPair) => form switch
    {
        SequenceForm.Bert => isPair ? 3 : 2,
        SequenceForm.Roberta => isPair ? 4 : 2,
        _ => 0,
    };

    /// <summary>Makes a row of one text.</summary>
    /// <param name="row">Takes it, in place of what it had.</param>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="text">The text; an empty one or null leaves the special tokens.</param>
    /// <param name="limit">How long it may be.</param>
    /// <exception cref="ArgumentOutOfRangeException">It cannot even hold the special tokens.</exception>
    public static void Fill(TokenRow row, Tokenizer tokenizer, string? text, SequenceLimit limit)
    {
        int room = Begin(row, tokenizer, limit, isPair: false);
        row.First.Read(tokenizer, text);
        int kept = Math.Min(room, row.First.Ids.Count);
        row.Cut = row.First.Ids.Count - kept;
        AddSpecial(row, tokenizer, tokenizer.Special.Classification, 0);
        row.First.AddTo(row, 0, kept, limit.Truncation);
        AddSpecial(row, tokenizer, tokenizer.Special.Separator, 0);
    }

    /// <summary>Makes a row of a pair of texts.</summary>
    /// <param name="row">Takes it, in place of what it had.</param>
    /// <param name="tokenizer">Makes the tokens.</param>
    /// <param name="first">The first text; null is an empty one.</param>
    /// <param name="second">The second one, likewise.</param>
    /// <param name="limit">How long the row may be.</param>
    /// <exception cref="ArgumentOutOfRangeException">It cannot even hold the special tokens.</exception>
    public static void Fill(TokenRow row, Tokenizer tokenizer, string? first, string? second, SequenceLimit limit)
    {
        int room = Begin(row, tokenizer, limit, isPair: true);
        row.First.Read(tokenizer, first);
        row.Second.Read(tokenizer, second);
        (int a, int b) = Share(row.First.Ids.Count, row.Second.Ids.Count, room);
        row.Cut = row.First.Ids.Count - a + row.Second.Ids.Count - b;
        int type = tokenizer.Spec.Form == SequenceForm.Bert ? 1 : 0;
        AddSpecial(row, tokenizer, tokenizer.Special.Classification, 0);
        row.First.AddTo(row, 0, a, limit.Truncation);
        AddSpecial(row, tokenizer, tokenizer.Special.Separator, 0);
        if (tokenizer.Spec.Form == SequenceForm.Roberta)
        {
            AddSpecial(row, tokenizer, tokenizer.Special.Separator, 0);
        }

        row.Second.AddTo(row, type, b, limit.Truncation);
        AddSpecial(row, tokenizer, tokenizer.Special.Separator, type);
    }

    /// <summary>Tokens of each text that are kept.</summary>
    private static (int First, int Second) Share(int first, int second, int room)
    {
        int half = room / 2;
        return first + second <= room ? (first, second)
            : second <= half ? (room - second, second)
            : first <= room - half ? (first, room - first)
            : (room - half, half);
    }

    private static int Begin(TokenRow row, Tokenizer tokenizer, SequenceLimit limit, bool isPair)
    {
        int special = SpecialCount(tokenizer.Spec.Form, isPair);
        if (limit.MaxTokens < Math.Max(special, 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(limit),
                limit.MaxTokens,
                $"A row of {(isPair ? "two texts" : "a text")} has {special} special tokens; it must be allowed {Math.Max(special, 1)} or "
                    + "more, and has texts only if it is allowed more.");
        }

        row.Ids.Clear();
        row.Types.Clear();
        row.Spans?.Clear();
        return limit.MaxTokens - special;
    }

    /// <summary>Rows of the plain form have none.</summary>
    private static void AddSpecial(TokenRow row, Tokenizer tokenizer, int? id, int type)
    {
        if (tokenizer.Spec.Form != SequenceForm.Plain)
        {
            row.Ids.Add(id!.Value);
            row.Types.Add(type);
            row.Spans?.Add(Nowhere);
        }
    }
}
