using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Sums of chunks of columns; a chunk is narrow enough for its sums to stay in the first-level cache.</summary>
internal readonly unsafe struct BiasGradientJob : IRangeKernel
{
    private const int ChunkColumns = 64;
    private const int LeastElements = 16384;

    private readonly Tensor _dz;
    private readonly Tensor _dbias;
    private readonly bool _accumulate;
    private readonly int _blockRows;

    private BiasGradientJob(in Tensor dz, in Tensor dbias, bool accumulate, int blockRows)
        => (_dz, _dbias, _accumulate, _blockRows) = (dz, dbias, accumulate, blockRows);

    private int Chunks => (_dz.Columns + ChunkColumns - 1) / ChunkColumns;

    /// <summary>dbias = (accumulate ? dbias : 0) + column sums of dz, by blocks of so many rows.</summary>
    public static void Run(CpuDevice device, in Tensor dz, in Tensor dbias, bool accumulate, int blockRows)
    {
        var kernel = new BiasGradientJob(dz, dbias, accumulate, blockRows);
        Partition.Run(device, kernel, kernel.Chunks, (long)dz.Rows * dz.Columns, LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int column = (int)start * ChunkColumns; column < Math.Min(end * ChunkColumns, _dz.Columns); column += ChunkColumns)
        {
            SumChunk<TLanes, TVector>(column, Math.Min(ChunkColumns, _dz.Columns - column));
        }
    }

    [SkipLocalsInit]
    private void SumChunk<TLanes, TVector>(int column, int columns)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var total = stackalloc float[ChunkColumns];
        var block = stackalloc float[ChunkColumns];
        new Span<float>(total, columns).Clear();
        for (int row = 0; row < _dz.Rows; row += _blockRows)
        {
            new Span<float>(block, columns).Clear();
            for (int r = row; r < Math.Min(row + _blockRows, _dz.Rows); r++)
            {
                Add<TLanes, TVector>(block, _dz.Format.Storage(), _dz.Element(r, column), columns);
            }

            Add<TLanes, TVector>(total, NumericFormat.Float32, block, columns);
        }
        var target = (float*)_dbias.Element(0, column);
        if (_accumulate)
        {
            Add<TLanes, TVector>(total, NumericFormat.Float32, target, columns);
        }

        new Span<float>(total, columns).CopyTo(new Span<float>(target, columns));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TLanes, TVector>(float* sums, NumericFormat format, void* terms, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), FormatLanes<TLanes, TVector>.Load(format, terms, i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] += FormatLanes<LanesPortable, float>.Load(format, terms, i);
        }
    }
}
