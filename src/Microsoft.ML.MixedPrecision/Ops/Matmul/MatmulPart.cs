using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>One part of a product: packs the strip of op(B), then block by block of rows sums over K and runs the epilogue.</summary>
internal readonly unsafe struct MatmulPart : IVectorKernel
{
    private readonly CpuDevice _device;
    private readonly MatmulArguments _arguments;
    private readonly MatmulShape _shape;
    private readonly MatmulTiling _tiling;
    private readonly int _firstRow;
    private readonly int _endRow;
    private readonly int _firstColumn;
    private readonly int _endColumn;

    /// <summary>Parts with neighbouring numbers share a strip.</summary>
    public MatmulPart(CpuDevice device, in MatmulArguments arguments, in MatmulShape shape, in MatmulTiling tiling, int part)
    {
        (_device, _arguments, _shape, _tiling) = (device, arguments, shape, tiling);
        var (strip, band) = Math.DivRem(part, tiling.Bands);
        _firstRow = band * tiling.BandRows;
        _endRow = Math.Min(_firstRow + tiling.BandRows, shape.M);
        _firstColumn = strip * tiling.StripColumns;
        _endColumn = Math.Min(_firstColumn + tiling.StripColumns, shape.N);
    }

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
            epilogue.Run(row, rows);
        }
        GC.KeepAlive(packed);
    }

    private void SumOverDepth<TLanes, TVector>(int row, int rows, float* b, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (_shape.K == 0)
            new Span<float>(scratch.Tile, rows * _tiling.StripColumns).Clear();
        for (int k = 0; k < _shape.K; k += MatmulTiling.BlockDepth)
        {
            int depth = Math.Min(MatmulTiling.BlockDepth, _shape.K - k);
            var a = BlockOfA<TLanes, TVector>(row, rows, k, depth, scratch);
            for (int column = 0; column < _endColumn - _firstColumn; column += _tiling.PanelWidth)
            {
                var panel = b + ((long)column * _shape.K) + ((long)k * _tiling.PanelWidth);
                bool isHalf = _endColumn - _firstColumn - column <= TLanes.Count;
                for (int r = 0; r < rows; r += MatmulTiling.TileRows)
                {
                    float* start = a.Start + (r / MatmulTiling.TileRows * a.TilePitch), c = scratch.Tile + ((nint)r * _tiling.StripColumns) + column;
                    int tileRows = Math.Min(MatmulTiling.TileRows, rows - r);
                    if (isHalf)
                        MatmulTile<TLanes, TVector>.MultiplyHalf(start, a.Pitch, tileRows, a.Step, panel, depth, c, _tiling.StripColumns, fromZero: k == 0);
                    else
                        MatmulTile<TLanes, TVector>.Multiply(start, a.Pitch, tileRows, a.Step, panel, depth, c, _tiling.StripColumns, fromZero: k == 0);
                }
            }
        }
    }

    /// <summary>A block of op(A) in Float32: A itself where possible, else a copy.</summary>
    private BlockA BlockOfA<TLanes, TVector>(int row, int rows, int k, int depth, in MatmulScratch scratch)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        const int TileRows = MatmulTiling.TileRows;
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
