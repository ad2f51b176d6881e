using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Converts operands to Float32 and lays them out for <see cref="MatmulTile{TLanes, TVector}"/>.</summary>
internal static unsafe class MatmulPacking<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Columns in a panel of B.</summary>
    public static int PanelWidth
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TLanes.Count;
    }

    /// <summary>
    /// Columns <paramref name="start"/> … <paramref name="end"/> − 1 of op(B) as panels: element (k, j) of a panel at k·width + j;
    /// columns beyond the last are 0. <paramref name="start"/> is a multiple of the panel width.
    /// </summary>
    public static void PackB(in Tensor b, bool transposed, int start, int end, float* panels, float* rows)
    {
        int depth = transposed ? b.Columns : b.Rows;
        for (int column = start; column < end; column += PanelWidth, panels += (long)depth * PanelWidth)
        {
            int width = Math.Min(PanelWidth, end - column);
            if (width < PanelWidth)
                new Span<float>(panels, checked(depth * PanelWidth)).Clear();
            if (!transposed)
                CopyPanel(b, column, width, depth, panels);
            else
                TransposePanel(b, column, width, depth, panels, rows);
        }
    }

    /// <summary>Rows of op(A), A as it lies: (rows, BlockDepth) Float32.</summary>
    public static void ConvertRows(in Tensor a, int row, int rows, int k, int depth, float* target)
    {
        for (int i = 0; i < rows; i++, target += MatmulTiling.BlockDepth)
            ConvertKernel.Convert<TLanes, TVector>(a.Format, a.Element(row + i, k), NumericFormat.Float32, target, depth);
    }

    /// <summary>Rows of op(A) = Aᵀ as panels of 6: element (r, k) of a panel at k·6 + r.</summary>
    /// <param name="a">(K, M).</param>
    /// <param name="row">First row of op(A).</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="k">First column of op(A).</param>
    /// <param name="depth">Number of columns.</param>
    /// <param name="target">Receives the panels, <paramref name="depth"/>·6 elements each; rows beyond the last are rubbish.</param>
    /// <param name="buffer">Room for one row of A and a vector more.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposedA(in Tensor a, int row, int rows, int k, int depth, float* target, float* buffer)
    {
        const int Width = MatmulTiling.TileRows;
        for (int i = 0; i < depth; i++)
        {
            ConvertKernel.Convert<TLanes, TVector>(a.Format, a.Element(k + i, row), NumericFormat.Float32, buffer, rows);
            var panel = target + (i * Width);
            for (int r = 0; r < rows; r += Width, panel += (long)depth * Width)
            {
                Vector128.Load(buffer + r).Store(panel);
                Vector128.Load(buffer + r + 4).GetLower().Store(panel + 4);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPanel(in Tensor b, int column, int width, int depth, float* panel)
    {
        for (int k = 0; k < depth; k++, panel += PanelWidth)
        {
            var source = b.Element(k, column);
            if (width == PanelWidth)
            {
                TLanes.Store(FormatLanes<TLanes, TVector>.Load(b.Format, source, 0), panel);
                TLanes.Store(FormatLanes<TLanes, TVector>.Load(b.Format, source, TLanes.Count), panel + TLanes.Count);
            }
            else
            {
                for (int j = 0; j < width; j++)
                    panel[j] = FormatLanes<LanesPortable, float>.Load(b.Format, source, j);
            }
        }
    }

    private static void TransposePanel(in Tensor b, int column, int width, int depth, float* panel, float* rows)
    {
        for (int k = 0; k < depth; k += MatmulTiling.BlockDepth, panel += MatmulTiling.BlockDepth * PanelWidth)
        {
            int block = Math.Min(MatmulTiling.BlockDepth, depth - k);
            float* source = rows;
            nint pitch = MatmulTiling.BlockDepth;
            if (b.Format == NumericFormat.Float32)
            {
                source = (float*)b.Element(column, k);
                pitch = b.Pitch;
            }
            else
            {
                ConvertRows(b, column, width, k, block, rows);
            }
            Transpose(source, pitch, width, block, panel);
        }
    }

    /// <summary>panel[k·PanelWidth + j] = source[j·pitch + k].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* source, nint pitch, int width, int depth, float* panel)
    {
        int j = 0;
        if (TLanes.Count > 1)
        {
            for (; j <= width - 4; j += 4)
                Transpose4(source + (j * pitch), pitch, depth, panel + j);
        }
        for (; j < width; j++)
        {
            for (int k = 0; k < depth; k++)
                panel[(k * PanelWidth) + j] = source[(j * pitch) + k];
        }
    }

    private static void Transpose4(float* source, nint pitch, int depth, float* panel)
    {
        int k = 0;
        for (; k <= depth - 4; k += 4)
        {
            Transposition.Square4(source + k, pitch, panel + (k * PanelWidth), PanelWidth);
        }
        for (; k < depth; k++)
        {
            for (int j = 0; j < 4; j++)
                panel[(k * PanelWidth) + j] = source[(j * pitch) + k];
        }
    }
}
