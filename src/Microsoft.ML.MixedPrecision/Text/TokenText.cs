namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>The tokens of one text.</summary>
/// <param name="hasSpans">Whether their places are kept.</param>
internal sealed class TokenText(bool hasSpans)
{
    /// <summary>The ids.</summary>
    public List<int> Ids { get; } = [];

    private List<TokenSpan>? Spans { get; } = hasSpans ? [] : null;

    /// <summary>Takes a text.</summary>
    /// <param name="tokenizer">Makes its tokens.</param>
    /// <param name="text">The text; null is an empty one.</param>
    public void Read(Tokenizer tokenizer, string? text)
    {
        Ids.Clear();
        Spans?.Clear();
        tokenizer.Encode(text, Ids, Spans);
    }

    /// <summary>Adds the tokens that are kept to a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="type">Their type.</param>
    /// <param name="kept">How many.</param>
    /// <param name="truncation">Which.</param>
    public void AddTo(TokenRow row, int type, int kept, Truncation truncation)
    {
        int head = kept == Ids.Count ? kept : truncation switch
        {
            Truncation.Head => kept,
            Truncation.Tail => 0,
            _ => (kept + 3) / 4,
        };
        AddTo(row, type, 0, head);
        AddTo(row, type, Ids.Count - (kept - head), kept - head);
    }

    private void AddTo(TokenRow row, int type, int start, int count)
    {
        for (int at = start; at < start + count; at++)
        {
            row.Ids.Add(Ids[at]);
            row.Types.Add(type);
            if (Spans is not null)
            {
                row.Spans!.Add(Spans[at]);
            }
        }
    }
}
