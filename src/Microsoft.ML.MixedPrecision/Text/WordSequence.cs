using System.Runtime.InteropServices;

namespace Microsoft.ML.MixedPrecision.Text;

/// <summary>
/// Joins words that were told apart already into a row of at most T ids (<see cref="SequenceForm"/>): the ids of each word one behind the
/// other, T less the special tokens in all; what is behind is left out. A word that no id can be made of is one unknown token.
/// </summary>
internal static class WordSequence
{
    /// <summary>Place of a word that is left out.</summary>
    public const int Nowhere = -1;

    /// <summary>Makes a row.</summary>
    /// <param name="row">Takes it, in place of what it had.</param>
    /// <param name="tokenizer">Makes the ids of a word.</param>
    /// <param name="words">The words; an empty or missing one is one too.</param>
    /// <param name="most">T.</param>
    /// <exception cref="ArgumentOutOfRangeException">T is too small even for the special tokens.</exception>
    public static void Fill(WordRow row, Tokenizer tokenizer, ReadOnlySpan<ReadOnlyMemory<char>> words, int most)
    {
        int special = TokenSequence.SpecialCount(tokenizer.Spec.Form, isPair: false);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, Math.Max(special, 1));
        int end = special == 0 ? most : most - 1;
        row.Clear();
        AddSpecial(row, special, tokenizer.Special.Classification);
        foreach (ReadOnlyMemory<char> word in words)
        {
            row.Read(tokenizer, word);
            bool isKept = row.Ids.Count < end && row.Pieces.Count > 0;
            row.Places.Add(isKept ? row.Ids.Count : Nowhere);
            int kept = Math.Min(row.Pieces.Count, end - row.Ids.Count);
            row.Ids.AddRange(CollectionsMarshal.AsSpan(row.Pieces)[..kept]);
            row.Cut += row.Pieces.Count - kept;
            row.CutWords += isKept ? 0 : 1;
        }

        AddSpecial(row, special, tokenizer.Special.Separator);
    }

    private static void AddSpecial(WordRow row, int special, int? id)
    {
        if (special > 0)
        {
            row.Ids.Add(id!.Value);
        }
    }
}
