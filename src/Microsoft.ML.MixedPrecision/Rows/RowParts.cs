namespace Microsoft.ML.MixedPrecision.Rows;

/// <summary>Rows, one after the other, in parts of a size, the last one with what is left. Counted in 64 bits: the end of a part may be
/// beyond Int32.</summary>
/// <param name="Rows">All rows.</param>
/// <param name="Size">Rows of a part; at least 1.</param>
internal readonly record struct RowParts(int Rows, int Size)
{
    /// <summary>How many parts there are.</summary>
    public int Count => (int)(((long)Rows + Size - 1) / Size);

    /// <summary>The first row of a part.</summary>
    /// <param name="part">Its number, from 0.</param>
    public int StartOf(int part) => (int)((long)part * Size);

    /// <summary>The rows of a part.</summary>
    /// <param name="part">Its number, from 0.</param>
    public int RowsOf(int part) => Math.Min(Size, Rows - StartOf(part));
}
