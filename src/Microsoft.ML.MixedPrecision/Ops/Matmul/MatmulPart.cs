using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>One part of a product: packs the strip of op(B), then block by block of rows sums over K and runs the epilogue.</summary>
internal readonly unsafe struct MatmulPart : IVectorKernel
{
    /// <summary>
    /// 256 KiB. A larger C does not stay in the second-level cache: it is better written row by row, which the processor foresees, than tile by
    /// tile (1020 × 512 × 512: 88 to 91 % of the peak instead of 78 %).
    /// </summary>
    private const long MostElementsFinished = 64 * 1024;

    private readonly CpuDevice _device;
    private readonly MatmulArguments _arguments;
    private readonly MatmulShape _shape;
    private readonly MatmulTiling _tiling;
    private readonly int _firstRow;
    private readonly int _endRow;
    private readonly int _firstColumn;
    private readonly int _endColumn;
    private readonly bool _finishesTiles;

    /// <summary>Parts with neighbouring numbers share a strip.</summary>
    public MatmulPart(CpuDevice device, in MatmulArguments arguments, in MatmulShape shape, in MatmulTiling tiling, int part)
    {
        (_device, _arguments, _shape, _tiling) = (device, arguments, shape, tiling);
        var (strip, band) = Math.DivRem(part, tiling.Bands);
        _firstRow = band * tiling.BandRows;
        _endRow = Math.Min(_firstRow + tiling.BandRows, shape.M);
        _firstColumn = strip * tiling.StripColumns;
        _endColumn = Math.Min(_firstColumn + tiling.StripColumns, shape.N);
        _finishesTiles = shape.K > 0 && (long)shape.M * shape.N <= MostElementsFinished && arguments.Saved.Address == 0 && arguments.C.Format.Storage() == NumericFormat.Float32
            && MatmulFinish<LanesPortable, float>.Covers(arguments);
    }

    /// <summary>Columns of the strip whose tiles are finished in registers; the last ones may not fill a panel.</summary>
    private int FinishedColumns => _finishesTiles ? (_endColumn - _firstColumn) / _tiling.PanelWidth * _tiling.PanelWidth : 0;

    /// <inheritdoc/>
    public void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var packed = _arguments.PackedB;
        using var lease = _device.RentScratch(new MatmulScratch(null, _tiling, _shape.K, packed is null).Bytes);
        var scratch = new MatmulScratch(lease.Floats, _tiling, _shape.K, packed is null);
        float* b = scratch.B;
        if (packed is not null)
            b = packed.Panels + ((long)_firstColumn * _shape.K);
        else
            MatmulPacking<TLanes, TVector>.PackB(_arguments.B, _arguments.TransposeB, _firstColumn, _endColumn, b, scratch.Rows);

        var epilogue = new MatmulEpilogue<TLanes, TVector>(_arguments, scratch, _firstColumn, _endColumn - _firstColumn, _tiling.StripColumns);
        for (int row = _firstRow; row < _endRow; row += _tiling.BlockRows)
        {
            int rows = Math.Min(_tiling.BlockRows, _endRow - row);
            SumOverDepth<TLanes, TVector>(row, rows, b, scratch);
            epilogue.Run(row, rows, FinishedRows(rows), FinishedColumns);
        }
        GC.KeepAlive(packed);
    }

    /// <summary>Rows of a block whose tiles are finished in registers; the last ones may not fill a tile.</summary>
    private int FinishedRows(int rows) => _finishesTiles ? rows / MatmulTiling.TileRows * MatmulTiling.TileRows : 0;

    private void SumOverDepth<TLanes, TVector>(int row, int rows, float* b, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (_shape.K == 0)
            new Span<float>(scratch.Tile, rows * _tiling.StripColumns).Clear();
        for (int k = 0; k < _shape.K; k += MatmulTiling.BlockDepth)
        {
            var block = new Block(row, rows, k, Math.Min(MatmulTiling.BlockDepth, _shape.K - k));
            var a = BlockOfA<TLanes, TVector>(block, scratch);
            for (int column = 0; column < _endColumn - _firstColumn; column += _tiling.PanelWidth)
            {
                var panel = b + ((long)column * _shape.K) + ((long)k * _tiling.PanelWidth);
                if (_endColumn - _firstColumn - column <= TLanes.Count)
                    MultiplyHalf<TLanes, TVector>(block, a, panel, column, scratch);
                else
                    Multiply<TLanes, TVector>(block, a, panel, column, scratch);
            }
        }
    }

    private void Multiply<TLanes, TVector>(in Block block, in BlockA a, float* panel, int column, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        bool isTall = MatmulTallTile<TLanes, TVector>.IsWorthIt && a.Step == 1;
        for (int r = 0; r < block.Rows;)
        {
            var sums = Sums(block, r, column, scratch);
            var start = a.Start + (r / MatmulTiling.TileRows * a.TilePitch);
            if (isTall && block.Rows - r >= MatmulTallTile<TLanes, TVector>.Rows)
            {
                MatmulTallTile<TLanes, TVector>.Multiply(start, a.Pitch, panel, block.Depth, sums);
                r += MatmulTallTile<TLanes, TVector>.Rows;
            }
            else
            {
                MatmulTile<TLanes, TVector>.Multiply(start, a.Pitch, Math.Min(MatmulTiling.TileRows, block.Rows - r), a.Step, panel, block.Depth, sums);
                r += MatmulTiling.TileRows;
            }
        }
    }

    private void MultiplyHalf<TLanes, TVector>(in Block block, in BlockA a, float* panel, int column, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int r = 0; r < block.Rows; r += MatmulTiling.TileRows)
        {
            float* start = a.Start + (r / MatmulTiling.TileRows * a.TilePitch), c = scratch.Tile + ((nint)r * _tiling.StripColumns) + column;
            int rows = Math.Min(MatmulTiling.TileRows, block.Rows - r);
            MatmulTile<TLanes, TVector>.MultiplyHalf(start, a.Pitch, rows, a.Step, panel, block.Depth, c, _tiling.StripColumns, fromZero: block.K == 0);
        }
    }

    /// <summary>Whole tiles go to C with the last block of K, others to the scratch, where the epilogue finds them.</summary>
    private MatmulSums Sums(in Block block, int row, int column, in MatmulScratch scratch)
    {
        var tile = scratch.Tile + ((nint)row * _tiling.StripColumns) + column;
        var from = block.K == 0 ? null : tile;
        bool isFinished = block.K + block.Depth == _shape.K && row < FinishedRows(block.Rows) && column < FinishedColumns;
        return isFinished
            ? new MatmulSums
            {
                From = from,
                FromPitch = _tiling.StripColumns,
                To = (float*)_arguments.C.Element(block.Row + row, _firstColumn + column),
                ToPitch = _arguments.C.Pitch,
                Bias = _arguments.Bias.Address == 0 ? null : scratch.Bias + column,
                Relu = _arguments.Activation == ActivationKind.Relu,
            }
            : new MatmulSums { From = from, FromPitch = _tiling.StripColumns, To = tile, ToPitch = _tiling.StripColumns };
    }

    /// <summary>A block of op(A) in Float32: A itself where possible, else a copy.</summary>
    private BlockA BlockOfA<TLanes, TVector>(in Block block, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        const int TileRows = MatmulTiling.TileRows;
        var (row, rows, k, depth) = block;
        var tensor = _arguments.A;
        if (_arguments.TransposeA)
        {
            MatmulPacking<TLanes, TVector>.PackTransposedA(tensor, row, rows, k, depth, scratch.A, scratch.Rows);
            return new BlockA(scratch.A, Pitch: 1, Step: TileRows, TilePitch: (nint)depth * TileRows);
        }
        if (tensor.Format == NumericFormat.Float32)
            return new BlockA((float*)tensor.Element(row, k), tensor.Pitch, Step: 1, (nint)tensor.Pitch * TileRows);
        MatmulPacking<TLanes, TVector>.ConvertRows(tensor, row, rows, k, depth, scratch.A);
        return new BlockA(scratch.A, MatmulTiling.BlockDepth, Step: 1, (nint)MatmulTiling.BlockDepth * TileRows);
    }

    /// <summary>Rows of C and steps along K.</summary>
    private readonly record struct Block(int Row, int Rows, int K, int Depth);

    /// <summary>Where element (r, k) of tile t lies: Start + t·TilePitch + r·Pitch + k·Step.</summary>
    private readonly record struct BlockA(nint Address, nint Pitch, nint Step, nint TilePitch)
    {
        public BlockA(float* start, nint Pitch, nint Step, nint TilePitch)
            : this((nint)start, Pitch, Step, TilePitch)
        {
        }

        public float* Start => (float*)Address;
    }
}
