namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>Where a token is in its text.</summary>
/// <param name="Start">Its first UTF-16 unit.</param>
/// <param name="Length">Units; at least 1.</param>
/// <param name="Word">The word that it is of, counted from 0 as the tokenizer splits the text; −1 for a token that is in no text.</param>
internal readonly record struct TokenSpan(int Start, int Length, int Word);
