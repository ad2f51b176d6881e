using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// One part of a strip of a product: block by block of rows lays out A, then group by group of panels sums over K and runs the epilogue.
/// </summary>
internal readonly unsafe struct MatmulPart : IVectorKernel
{
    private readonly CpuDevice _device;
    private readonly MatmulArguments _arguments;
    private readonly MatmulShape _shape;
    private readonly MatmulTiling _tiling;
    private readonly MatmulStrip _strip;
    private readonly float* _panels;
    private readonly int _firstRow;
    private readonly int _endRow;
    private readonly int _firstColumn;
    private readonly int _endColumn;
    private readonly bool _finishesTiles;

    /// <summary>Parts with neighbouring numbers share columns.</summary>
    public MatmulPart(
        CpuDevice device, in MatmulArguments arguments, in MatmulShape shape, in MatmulTiling tiling, MatmulStrip strip, int part)
    {
        (_device, _arguments, _shape, _tiling, _strip) = (device, arguments, shape, tiling, strip);
        var (cut, band) = Math.DivRem(part, tiling.Bands);
        var (firstTile, endTile) = Partition.Range(band, tiling.Bands, (shape.M + tiling.TileRows - 1) / tiling.TileRows);
        _firstRow = (int)firstTile * tiling.TileRows;
        _endRow = Math.Min((int)endTile * tiling.TileRows, shape.M);
        int panels = (strip.End - strip.First + tiling.PanelWidth - 1) / tiling.PanelWidth;
        var (firstPanel, endPanel) = Partition.Range(cut, tiling.Cuts, panels);
        _firstColumn = strip.First + ((int)firstPanel * tiling.PanelWidth);
        _endColumn = Math.Min(strip.First + ((int)endPanel * tiling.PanelWidth), strip.End);
        _panels = (float*)strip.Panels + ((nint)firstPanel * strip.PanelPitch);
        _finishesTiles = shape.K > 0 && arguments.C.Format.Storage() == NumericFormat.Float32
            && MatmulFinish<LanesPortable, float>.Covers(arguments)
            && (arguments.Saved.Address == 0 || arguments.Saved.Pitch == arguments.C.Pitch);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        using var lease = _device.RentScratch(new MatmulScratch(null, _tiling, _shape.K).Bytes);
        var scratch = new MatmulScratch(lease.Floats, _tiling, _shape.K);
        var epilogue = new MatmulEpilogue<TLanes, TVector>(_arguments, scratch, _firstColumn, _endColumn, _tiling.GroupColumns);
        for (int row = _firstRow; row < _endRow; row += _tiling.BlockRows)
        {
            int rows = Math.Min(_tiling.BlockRows, _endRow - row);
            var a = BlockOfA<TLanes, TVector>(row, rows, scratch);
            for (int column = _firstColumn; column < _endColumn; column += _tiling.GroupColumns)
            {
                int columns = Math.Min(_tiling.GroupColumns, _endColumn - column);
                var block = new MatmulBlock(row, rows, column, columns, WholeTiles(rows), WholePanels(columns));
                SumOverDepth<TLanes, TVector>(block, a, scratch);
                epilogue.Run(block);
            }
        }
    }

    /// <summary>Rows of a block whose tiles are finished in registers; the last ones may not fill a tile.</summary>
    private int WholeTiles(int rows) => _finishesTiles ? rows / _tiling.TileRows * _tiling.TileRows : 0;

    /// <summary>Columns of a group whose tiles are finished in registers; the last ones may not fill a panel.</summary>
    private int WholePanels(int columns) => _finishesTiles ? columns / _tiling.PanelWidth * _tiling.PanelWidth : 0;

    private void SumOverDepth<TLanes, TVector>(in MatmulBlock block, in MatmulTiles a, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (_shape.K == 0)
        {
            new Span<float>(scratch.Sums, block.Rows * _tiling.GroupColumns).Clear();
        }

        for (int k = 0; k < _shape.K; k += MatmulTiling.BlockDepth)
        {
            int depth = Math.Min(MatmulTiling.BlockDepth, _shape.K - k);
            for (int column = 0; column < block.Columns; column += _tiling.PanelWidth)
            {
                var panel = _panels + ((block.Column - _firstColumn + column) / _tiling.PanelWidth * _strip.PanelPitch) + (k * _strip.Step);
                if (block.Columns - column <= TLanes.Count)
                {
                    MultiplyHalf<TLanes, TVector>(block, a, k, depth, panel, column, scratch);
                }
                else
                {
                    Multiply<TLanes, TVector>(block, a, k, depth, panel, column, scratch);
                }
            }
        }
    }

    private void Multiply<TLanes, TVector>(
        in MatmulBlock block, in MatmulTiles a, int k, int depth, float* panel, int column, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int r = 0; r < block.Rows;)
        {
            var sums = Sums(block, k, depth, r, column, scratch);
            if (MatmulTallTile<TLanes, TVector>.IsWorthIt && a.IsLaidOut && block.Rows - r > MatmulTiling.ShortTileRows)
            {
                MatmulTallTile<TLanes, TVector>.Multiply(a.At(r, k), panel, _strip.Step, depth, sums);
                r += MatmulTiling.TallTileRows;
            }
            else
            {
                int rows = Math.Min(MatmulTiling.ShortTileRows, block.Rows - r);
                MatmulTile<TLanes, TVector>.Multiply(a.At(r, k), a.Pitch, rows, a.Step, panel, _strip.Step, depth, sums);
                r += MatmulTiling.ShortTileRows;
            }
        }
    }

    private void MultiplyHalf<TLanes, TVector>(
        in MatmulBlock block, in MatmulTiles a, int k, int depth, float* panel, int column, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int r = 0; r < block.Rows; r += MatmulTiling.ShortTileRows)
        {
            float* c = scratch.Sums + ((nint)r * _tiling.GroupColumns) + column;
            int rows = Math.Min(MatmulTiling.ShortTileRows, block.Rows - r);
            MatmulTile<TLanes, TVector>.MultiplyHalf(
                a.At(r, k), a.Pitch, rows, a.Step, panel, _strip.Step, depth, c, _tiling.GroupColumns, fromZero: k == 0);
        }
    }

    /// <summary>Whole tiles go to C with the last block of K, others to the scratch, where the epilogue finds them.</summary>
    private MatmulSums Sums(in MatmulBlock block, int k, int depth, int row, int column, in MatmulScratch scratch)
    {
        var tile = scratch.Sums + ((nint)row * _tiling.GroupColumns) + column;
        var from = k == 0 ? null : tile;
        if (k + depth < _shape.K || row >= block.FinishedRows || column >= block.FinishedColumns)
        {
            return new MatmulSums { From = from, FromPitch = _tiling.GroupColumns, To = tile, ToPitch = _tiling.GroupColumns };
        }

        return new MatmulSums
        {
            From = from,
            FromPitch = _tiling.GroupColumns,
            To = (float*)_arguments.C.Element(block.Row + row, block.Column + column),
            ToPitch = _arguments.C.Pitch,
            Bias = _arguments.Bias.Address == 0 ? null : scratch.Bias + (block.Column - _firstColumn) + column,
            Relu = _arguments.Activation == ActivationKind.Relu,
            Saved = _arguments.Saved.Address == 0 ? null : (float*)_arguments.Saved.Element(block.Row + row, block.Column + column),
        };
    }

    /// <summary>A block of op(A): a copy in tiles of Float32, or A itself where a copy would take longer than it saves.</summary>
    private MatmulTiles BlockOfA<TLanes, TVector>(int row, int rows, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var a = _arguments.A;
        bool isUsedOnce = _endColumn - _firstColumn <= _tiling.PanelWidth || rows <= MatmulTiling.ShortTileRows;
        if (isUsedOnce && a.Format == NumericFormat.Float32 && !_arguments.TransposeA)
        {
            const int Rows = MatmulTiling.ShortTileRows;
            return new MatmulTiles((nint)a.Element(row, 0), Rows, (nint)Rows * a.Pitch, a.Pitch, Step: 1, IsLaidOut: false);
        }

        nint size = (nint)_tiling.TilePitch * _shape.K;
        if (_arguments.TransposeA)
        {
            MatmulPacking<TLanes, TVector>.CopyA(a, row, rows, _tiling, scratch.A, scratch.Rows);
        }
        else
        {
            MatmulPacking<TLanes, TVector>.TransposeA(a, row, rows, _tiling, scratch.A, scratch.Rows);
        }

        return new MatmulTiles((nint)scratch.A, _tiling.TileRows, size, Pitch: 1, _tiling.TilePitch, IsLaidOut: true);
    }
}
