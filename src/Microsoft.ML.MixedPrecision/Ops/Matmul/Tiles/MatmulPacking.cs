using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// Converts operands to Float32 and lays them out for <see cref="MatmulTile{TLanes, TVector}"/>: op(B) in panels and op(A) in tiles, both
/// with K as
/// the slow index, so that the kernel reads two streams of neighbours. Rows of A as they lie, 2 or 4 KiB apart, share a few lines of the
/// first-level
/// cache and drive each other out.
/// </summary>
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

    /// <summary>Rows of a B that lies as (K, N) into panels: element (k, j) of a panel at k·width + j; columns beyond the last are
    /// 0.</summary>
    /// <param name="b">(K, N).</param>
    /// <param name="strip">Which columns and where to.</param>
    /// <param name="start">First row.</param>
    /// <param name="end">Behind the last row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyB(in Tensor b, MatmulStrip strip, int start, int end)
    {
        int columns = strip.End - strip.First, whole = columns / PanelWidth * PanelWidth;
        for (int k = start; k < end; k++)
        {
            void* source = b.Element(k, strip.First);
            float* target = (float*)strip.Panels + ((nint)k * PanelWidth);
            for (int j = 0; j < whole; j += PanelWidth, target += strip.PanelPitch)
            {
                TLanes.Store(FormatLanes<TLanes, TVector>.Load(b.Format, source, j), target);
                TLanes.Store(FormatLanes<TLanes, TVector>.Load(b.Format, source, j + TLanes.Count), target + TLanes.Count);
            }

            for (int j = whole; j < columns; j++)
            {
                target[j - whole] = FormatLanes<LanesPortable, float>.Load(b.Format, source, j);
            }

            if (whole < columns)
            {
                new Span<float>(target + (columns - whole), PanelWidth - (columns - whole)).Clear();
            }
        }
    }

    /// <summary>Panels of a B that lies as (N, K): element (k, j) of a panel at k·width + j; columns beyond the last are 0.</summary>
    /// <param name="b">(N, K).</param>
    /// <param name="strip">Which columns and where to.</param>
    /// <param name="start">First panel.</param>
    /// <param name="end">Behind the last panel.</param>
    /// <param name="buffer">Room for <see cref="MatmulTiling.BlockDepth"/> elements of as many rows as a panel has columns.</param>
    public static void TransposeB(in Tensor b, MatmulStrip strip, int start, int end, float* buffer)
    {
        for (int i = start; i < end; i++)
        {
            int column = strip.First + (i * PanelWidth), width = Math.Min(PanelWidth, strip.End - column);
            float* panel = (float*)strip.Panels + (i * strip.PanelPitch);
            if (width < PanelWidth)
            {
                new Span<float>(panel, checked(b.Columns * PanelWidth)).Clear();
            }

            TransposeRows(b, column, width, width, panel, PanelWidth, buffer);
        }
    }

    /// <summary>
    /// Rows of an op(A) that lies as it is, (M, K), into tiles: element (r, k) of a tile at k·pitch + r; beyond the last row are numbers
    /// that nothing depends on.
    /// </summary>
    /// <param name="a">(M, K).</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="tiling">Rows and pitch of a tile.</param>
    /// <param name="tiles">Receives the tiles.</param>
    /// <param name="buffer">Room for <see cref="MatmulTiling.BlockDepth"/> elements of as many rows as a tile's pitch.</param>
    public static void TransposeA(in Tensor a, int row, int rows, in MatmulTiling tiling, float* tiles, float* buffer)
    {
        for (int r = 0; r < rows; r += tiling.TileRows, tiles += (nint)a.Columns * tiling.TilePitch)
        {
            int height = Math.Min(tiling.TileRows, rows - r);
            if (height < tiling.TileRows)
            {
                new Span<float>(tiles, checked(a.Columns * tiling.TilePitch)).Clear();
            }

            TransposeRows(a, row + r, height, height < tiling.TileRows ? height : tiling.TilePitch, tiles, tiling.TilePitch, buffer);
        }
    }

    /// <summary>The same of an op(A) that lies transposed.</summary>
    /// <param name="a">(K, M).</param>
    /// <param name="row">First row of op(A).</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="tiling">Rows and pitch of a tile.</param>
    /// <param name="tiles">Receives the tiles.</param>
    /// <param name="buffer">Room for <see cref="MatmulTiling.CopiedSteps"/> times <paramref name="rows"/> elements.</param>
    public static void CopyA(in Tensor a, int row, int rows, in MatmulTiling tiling, float* tiles, float* buffer)
    {
        for (int k = 0; k < a.Rows; k += MatmulTiling.CopiedSteps)
        {
            int steps = Math.Min(MatmulTiling.CopiedSteps, a.Rows - k);
            float* source = (float*)a.Element(k, row);
            nint pitch = a.Pitch;
            if (a.Format != NumericFormat.Float32)
            {
                source = buffer;
                pitch = rows;
                for (int i = 0; i < steps; i++)
                {
                    ConvertKernel.Convert<TLanes, TVector>(
                        a.Format,
                        a.Element(k + i, row),
                        NumericFormat.Float32,
                        buffer + (i * pitch),
                        rows);
                }
            }

            float* tile = tiles + ((nint)k * tiling.TilePitch);
            for (int r = 0; r < rows; r += tiling.TileRows, tile += (nint)a.Rows * tiling.TilePitch)
            {
                CopyTile(source + r, pitch, Math.Min(tiling.TileRows, rows - r), steps, tiling, tile);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyTile(float* source, nint pitch, int rows, int steps, in MatmulTiling tiling, float* tile)
    {
        if (rows < tiling.TileRows)
        {
            for (int k = 0; k < steps; k++, source += pitch, tile += tiling.TilePitch)
            {
                for (int r = 0; r < tiling.TilePitch; r++)
                {
                    tile[r] = r < rows ? source[r] : 0f;
                }
            }
        }
        else if (rows == MatmulTiling.TallTileRows)
        {
            // Sizes that the compiler knows become a few vector moves.
            for (int k = 0; k < steps; k++, source += pitch, tile += MatmulTiling.TallTileRows)
            {
                Unsafe.CopyBlockUnaligned(tile, source, MatmulTiling.TallTileRows * sizeof(float));
            }
        }
        else
        {
            for (int k = 0; k < steps; k++, source += pitch, tile += tiling.TilePitch)
            {
                Unsafe.CopyBlockUnaligned(tile, source, MatmulTiling.ShortTileRows * sizeof(float));
            }
        }
    }

    /// <summary>panel[k·panelPitch + j] = matrix[row + j, k] for j &lt; rows.</summary>
    /// <param name="matrix">Any operand format.</param>
    /// <param name="row">First row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="slots">How many j of the panel may be written.</param>
    /// <param name="panel">Receives Float32.</param>
    /// <param name="panelPitch">Elements from one k to the next.</param>
    /// <param name="buffer">Room for <see cref="MatmulTiling.BlockDepth"/> elements of so many slots, for a matrix that is not
    /// Float32.</param>
    private static void TransposeRows(
        in Tensor matrix, int row, int rows, int slots, float* panel, int panelPitch, float* buffer)
    {
        bool converts = matrix.Format != NumericFormat.Float32;
        int readable = converts ? rows : Math.Min(slots, matrix.Rows - row);
        nint panelBlock = (nint)MatmulTiling.BlockDepth * panelPitch;
        for (int k = 0; k < matrix.Columns; k += MatmulTiling.BlockDepth, panel += panelBlock)
        {
            int depth = Math.Min(MatmulTiling.BlockDepth, matrix.Columns - k);
            float* source = (float*)matrix.Element(row, k);
            nint pitch = matrix.Pitch;
            if (converts)
            {
                source = buffer;
                pitch = MatmulTiling.BlockDepth;
                for (int j = 0; j < rows; j++)
                {
                    ConvertKernel.Convert<TLanes, TVector>(
                        matrix.Format,
                        matrix.Element(row + j, k),
                        NumericFormat.Float32,
                        buffer + (j * pitch),
                        depth);
                }
            }

            Transpose(source, pitch, rows, readable, depth, panel, panelPitch);
        }
    }

    /// <summary>panel[k·panelPitch + j] = source[j·pitch + k] for j &lt; rows, and for those up to a multiple of 4 that are
    /// readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* source, nint pitch, int rows, int readable, int depth, float* panel, nint panelPitch)
    {
        int j = 0;
        if (TLanes.Count > 1)
        {
            for (; j < rows && j <= readable - 4; j += 4)
            {
                Transpose4(source + (j * pitch), pitch, depth, panel + j, panelPitch);
            }
        }

        for (; j < rows; j++)
        {
            for (int k = 0; k < depth; k++)
            {
                panel[(k * panelPitch) + j] = source[(j * pitch) + k];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose4(float* source, nint pitch, int depth, float* panel, nint panelPitch)
    {
        int k = 0;
        for (; k <= depth - 4; k += 4)
        {
            Transposition.Square4(source + k, pitch, panel + (k * panelPitch), panelPitch);
        }

        for (; k < depth; k++)
        {
            for (int j = 0; j < 4; j++)
            {
                panel[(k * panelPitch) + j] = source[(j * pitch) + k];
            }
        }
    }
}
