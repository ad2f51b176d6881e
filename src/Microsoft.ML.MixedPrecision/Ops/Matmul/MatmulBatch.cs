namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Products of equal sizes that a card computes at once: how many, and the elements from one's matrices to the next
/// one's.</summary>
/// <param name="Count">How many; 0 for a single one.</param>
/// <param name="A">From A to A.</param>
/// <param name="B">From B to B.</param>
/// <param name="C">From C to C.</param>
/// <param name="Bias">From bias to bias.</param>
internal readonly record struct MatmulBatch(int Count, long A, long B, long C, long Bias)
{
    /// <summary>Products.</summary>
    public int Products => Math.Max(1, Count);

    /// <summary>Columns that a row of a matrix may be read or written up to: its pitch, or where the next member's row begins.</summary>
    /// <param name="pitch">Elements from one row to the next.</param>
    /// <param name="stride">Elements from one matrix to the next.</param>
    public int Width(int pitch, long stride) => Count == 0 ? pitch : (int)Math.Min(pitch, stride);
}
