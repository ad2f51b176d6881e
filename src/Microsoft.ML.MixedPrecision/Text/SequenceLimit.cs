namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>How long a row may be.</summary>
/// <param name="MaxTokens">Ids at most, special ones included.</param>
/// <param name="Truncation">What is kept of a longer one.</param>
internal readonly record struct SequenceLimit(int MaxTokens, Truncation Truncation);
