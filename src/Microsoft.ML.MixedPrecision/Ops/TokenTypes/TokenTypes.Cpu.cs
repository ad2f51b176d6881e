using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows, to which those of their types are added.</summary>
internal readonly unsafe struct TokenTypesForwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly Tensor _x;
    private readonly Words _types;
    private readonly Tensor _table;
    private readonly Tensor _y;

    private TokenTypesForwardJob(in Tensor x, in Words types, in Tensor table, in Tensor y)
        => (_x, _types, _table, _y) = (x, types, table, y);

    /// <summary>y.</summary>
    public static void Run(CpuDevice device, in Tensor x, in Words types, in Tensor table, in Tensor y) => Partition.Run(
        device,
        new TokenTypesForwardJob(x, types, table, y),
        x.Rows,
        (long)x.Rows * x.Columns,
        LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var types = (int*)_types.Address;
        for (int row = (int)start; row < end; row++)
        {
            if (types[row] == TokenTypesKernel.None)
            {
                ConvertKernel.Convert<TLanes, TVector>(
                    _x.Format.Storage(), _x.Row(row), _y.Format.Storage(), _y.Row(row), _x.Columns);
            }
            else
            {
                RowSums<TLanes, TVector>.Add(_x, row, (float*)_table.Row(types[row]), _y);
            }
        }
    }
}

/// <summary>Sums of chunks of columns by type; a chunk is narrow enough for its sums to stay in the first-level cache.</summary>
internal readonly unsafe struct TokenTypesBackwardJob : IRangeKernel
{
    private const int ChunkColumns = 64;
    private const int ChunkSums = TokenTypesKernel.Count * ChunkColumns;
    private const int LeastElements = 16384;

    private readonly Tensor _dy;
    private readonly Words _types;
    private readonly Tensor _dtable;
    private readonly bool _accumulate;

    private TokenTypesBackwardJob(in Tensor dy, in Words types, in Tensor dtable, bool accumulate)
        => (_dy, _types, _dtable, _accumulate) = (dy, types, dtable, accumulate);

    /// <summary>dtable.</summary>
    public static void Run(CpuDevice device, in Tensor dy, in Words types, in Tensor dtable, bool accumulate) => Partition.Run(
        device,
        new TokenTypesBackwardJob(dy, types, dtable, accumulate),
        Quotients.Quotient(dy.Columns, ChunkColumns),
        (long)dy.Rows * dy.Columns,
        LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int chunk = (int)start; chunk < end; chunk++)
        {
            int column = chunk * ChunkColumns;
            SumChunk<TLanes, TVector>(column, Math.Min(ChunkColumns, _dy.Columns - column));
        }
    }

    [SkipLocalsInit]
    private void SumChunk<TLanes, TVector>(int column, int columns)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* total = stackalloc float[ChunkSums], block = stackalloc float[ChunkSums];
        new Span<float>(total, ChunkSums).Clear();
        for (int row = 0; row < _dy.Rows; row += TokenTypesKernel.BlockRows)
        {
            new Span<float>(block, ChunkSums).Clear();
            SumBlock<TLanes, TVector>(row, Math.Min(row + TokenTypesKernel.BlockRows, _dy.Rows), (column, columns), block);
            RowSums<TLanes, TVector>.Add(total, NumericFormat.Float32, block, ChunkSums);
        }

        for (int type = 0; type < TokenTypesKernel.Count; type++)
        {
            float* sums = total + (type * ChunkColumns);
            var target = (float*)_dtable.Element(type, column);
            if (_accumulate)
            {
                RowSums<TLanes, TVector>.Add(sums, NumericFormat.Float32, target, columns);
            }

            new Span<float>(sums, columns).CopyTo(new Span<float>(target, columns));
        }
    }

    private void SumBlock<TLanes, TVector>(int first, int end, (int Start, int Count) columns, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var types = (int*)_types.Address;
        for (int row = first; row < end; row++)
        {
            if (types[row] != TokenTypesKernel.None)
            {
                RowSums<TLanes, TVector>.Add(
                    sums + (types[row] * ChunkColumns), _dy.Format.Storage(), _dy.Element(row, columns.Start), columns.Count);
            }
        }
    }
}
