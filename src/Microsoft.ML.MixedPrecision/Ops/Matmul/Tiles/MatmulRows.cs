using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of sums and where in C they go.</summary>
/// <param name="Count">Number of rows.</param>
/// <param name="Sums">Address of the first row of sums, Float32; each readable up to a whole number of vectors.</param>
/// <param name="SumsPitch">Elements from one row of sums to the next.</param>
/// <param name="C">Receives them.</param>
/// <param name="Row">First row of C.</param>
/// <param name="Column">First column of C.</param>
/// <param name="Columns">Elements of a row.</param>
internal readonly record struct MatmulRows(int Count, nint Sums, int SumsPitch, Tensor C, int Row, int Column, int Columns)
{
    /// <summary>Rows at an address.</summary>
    public unsafe MatmulRows(int count, float* sums, int sumsPitch, in Tensor c, int row, int column, int columns)
        : this(count, (nint)sums, sumsPitch, c, row, column, columns)
    {
    }
}
