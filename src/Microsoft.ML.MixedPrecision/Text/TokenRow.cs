namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>A row of tokens, made by <see cref="TokenSequence"/>; used again for row after row.</summary>
/// <param name="hasSpans">Whether it is told where its tokens are in their texts.</param>
internal sealed class TokenRow(bool hasSpans = false)
{
    /// <summary>The ids, special ones included.</summary>
    public List<int> Ids { get; } = [];

    /// <summary>0 or 1 for each id: which text it belongs to.</summary>
    public List<int> Types { get; } = [];

    /// <summary>Where each token is in its text; word −1 for special ones. Null where it was not asked for.</summary>
    public List<TokenSpan>? Spans { get; } = hasSpans ? [] : null;

    /// <summary>Tokens of the texts that did not fit.</summary>
    public int Cut { get; set; }

    /// <summary>The tokens of the first text, before they are cut.</summary>
    internal TokenText First { get; } = new(hasSpans);

    /// <summary>The tokens of the second one.</summary>
    internal TokenText Second { get; } = new(hasSpans);
}
