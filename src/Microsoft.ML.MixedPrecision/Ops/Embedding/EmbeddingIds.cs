using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>The ids that an embedding looks up.</summary>
/// <param name="Layer">Name of the layer, for messages.</param>
/// <param name="Words">N·T ids, Int32; or entries of sparse rows, whose slots are the ids, and are none behind the last one of an
/// example.</param>
/// <param name="PerExample">T, positions of an example.</param>
/// <param name="Padding">The id that stands for nothing; null for none.</param>
internal readonly record struct EmbeddingIds(string Layer, Words Words, int PerExample, int? Padding)
{
    /// <summary>Words of 4 bytes from one id to the next.</summary>
    public int Stride => Words.Kind == ElementKind.Entry ? SparseEntry.Bytes / sizeof(int) : 1;

    /// <summary>Positions: N·T.</summary>
    public int Count => checked((int)Words.Count);

    /// <summary>The padding id as kernels take it: −1, which is no id, for none.</summary>
    public int PaddingOrNone => Padding ?? -1;

    /// <summary>Throws unless every id names a row.</summary>
    /// <param name="ids">Ids in the host's memory.</param>
    /// <param name="rows">V.</param>
    /// <exception cref="ArgumentOutOfRangeException">One does not; the message says which, and where it stands.</exception>
    public static void RequireWithin(in EmbeddingIds ids, int rows)
    {
        Span<int> all = ids.Words.Span<int>();
        int at = all.IndexOfAnyExceptInRange(0, rows - 1);
        if (at >= 0)
        {
            (int example, int position) = Math.DivRem(at, ids.PerExample);
            throw new ArgumentOutOfRangeException(
                nameof(ids),
                all[at],
                $"Layer '{ids.Layer}' has rows for the ids from 0 to {rows - 1}, but example {example} of the batch has the id {all[at]} "
                + $"at position {position} (both counted from 0); give ids in that range, or the layer a table of more rows.");
        }
    }
}
