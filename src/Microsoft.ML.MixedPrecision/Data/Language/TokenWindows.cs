using System.Runtime.InteropServices;
using Microsoft.ML.MixedPrecision.Text;

namespace Microsoft.ML.MixedPrecision.Data;

/// <summary>
/// A text as a language model reads it: its tokens with those that begin and end it, where the vocabulary has such, and each but the first
/// predicted from those before. A text of more than T predictions is cut into windows of T: window k predicts the tokens kT + 1 … (k + 1)T
/// from the tokens kT … (k + 1)T − 1, so that each is predicted once, and the first of a window from the last token of the one before
/// alone.
/// </summary>
/// <param name="tokenizer">Makes tokens.</param>
/// <param name="most">T.</param>
internal sealed class TokenWindows(Tokenizer tokenizer, int most)
{
    private readonly TokenRow _row = new();

    /// <summary>Windows of the text that was read last.</summary>
    public int Count => (Predictions + most - 1) / most;

    /// <summary>Tokens of the text that are predicted.</summary>
    public int Predictions => Math.Max(0, _row.Ids.Count - 1);

    /// <summary>Cuts a text.</summary>
    /// <param name="text">The text; null is an empty one.</param>
    public void Read(string? text) => TokenSequence.Fill(_row, tokenizer, text, new SequenceLimit(int.MaxValue, Truncation.Head));

    /// <summary>Tokens that are read in a window.</summary>
    /// <param name="window">Its number.</param>
    public ReadOnlySpan<int> Read(int window) => Slice(window, 0);

    /// <summary>Tokens that are predicted in it: at each place the next one.</summary>
    /// <param name="window">Its number.</param>
    public ReadOnlySpan<int> Predicted(int window) => Slice(window, 1);

    private ReadOnlySpan<int> Slice(int window, int ahead)
    {
        int start = window * most;
        return CollectionsMarshal.AsSpan(_row.Ids)
            .Slice(start + ahead, Math.Min(most, Predictions - start));
    }
}
