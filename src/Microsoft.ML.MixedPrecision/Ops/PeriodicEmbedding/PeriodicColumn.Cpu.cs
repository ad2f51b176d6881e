using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Columns of a matrix as Float32, a block of rows at a time.</summary>
internal static unsafe class PeriodicColumn
{
    /// <summary>Rows of a block; a whole number of <see cref="PeriodicKernel.RowLanes"/>.</summary>
    public const int BlockRows = 64;

    /// <summary>Blocks of so many rows.</summary>
    public static int BlocksOf(int rows) => (int)(((long)rows + BlockRows - 1) / BlockRows);

    /// <summary>Reads some rows of a column; 0 behind them, up to <see cref="BlockRows"/>.</summary>
    public static void Load(in Tensor from, int row, int rows, int column, float* to)
    {
        for (int i = 0; i < rows; i++)
        {
            to[i] = FormatLanes<LanesPortable, float>.Load(from.Format.Storage(), from.Element(row + i, column), 0);
        }

        new Span<float>(to + rows, BlockRows - rows).Clear();
    }

    /// <summary>Copies columns of some rows from one place to another, in the other's format.</summary>
    public static void CopyRest<TLanes, TVector>(
        (Tensor Matrix, int Column) from, (Tensor Matrix, int Column) to, (int First, int Count) rows, int columns)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int i = rows.First; columns > 0 && i < rows.First + rows.Count; i++)
        {
            ConvertKernel.Convert<TLanes, TVector>(
                from.Matrix.Format.Storage(),
                from.Matrix.Element(i, from.Column),
                to.Matrix.Format.Storage(),
                to.Matrix.Element(i, to.Column),
                columns);
        }
    }
}
