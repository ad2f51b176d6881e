using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Examples, to whose rows those of the table are added.</summary>
internal readonly unsafe struct PositionsForwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly Tensor _x;
    private readonly Tensor _table;
    private readonly Tensor _y;
    private readonly ExamplePlaces _places;

    private PositionsForwardJob(in Tensor x, in Tensor table, in Tensor y, in ExamplePlaces places)
        => (_x, _table, _y, _places) = (x, table, y, places);

    /// <summary>y, rows of no example too, which are the last unit.</summary>
    public static void Run(CpuDevice device, in Tensor x, in Tensor table, in Tensor y, in ExamplePlaces places) => Partition.Run(
        device,
        new PositionsForwardJob(x, table, y, places),
        places.Examples + 1,
        (long)x.Rows * x.Columns,
        LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int example = (int)start; example < end; example++)
        {
            if (example == _places.Examples)
            {
                CopyRest<TLanes, TVector>();
                continue;
            }

            (int first, int behind) = _places.Of(example);
            for (int row = first; row < behind; row++)
            {
                RowSums<TLanes, TVector>.Add(_x, row, (float*)_table.Row(row - first), _y);
            }
        }
    }

    private void CopyRest<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = _places.Rest; row < _x.Rows; row++)
        {
            ConvertKernel.Convert<TLanes, TVector>(
                _x.Format.Storage(), _x.Row(row), _y.Format.Storage(), _y.Row(row), _x.Columns);
        }
    }
}

/// <summary>Rows of the table, to which the steps of all examples add.</summary>
internal readonly unsafe struct PositionsBackwardJob : IRangeKernel
{
    private const int LeastElements = 16384;

    /// <summary>Columns that are summed at a time.</summary>
    private const int Chunk = 256;

    private readonly Tensor _dy;
    private readonly Tensor _dtable;
    private readonly ExamplePlaces _places;
    private readonly bool _accumulate;

    private PositionsBackwardJob(in Tensor dy, in Tensor dtable, in ExamplePlaces places, bool accumulate)
        => (_dy, _dtable, _places, _accumulate) = (dy, dtable, places, accumulate);

    /// <summary>dtable.</summary>
    public static void Run(CpuDevice device, in Tensor dy, in Tensor dtable, in ExamplePlaces places, bool accumulate) => Partition.Run(
        device,
        new PositionsBackwardJob(dy, dtable, places, accumulate),
        dtable.Rows,
        (long)dy.Rows * dy.Columns,
        LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* sums = stackalloc float[Chunk];
        for (int step = (int)start; step < end; step++)
        {
            for (int column = 0; column < _dtable.Columns; column += Chunk)
            {
                int count = Math.Min(Chunk, _dtable.Columns - column);
                new Span<float>(sums, count).Clear();
                Sum<TLanes, TVector>(step, column, count, sums);
                float* to = (float*)_dtable.Row(step) + column;
                for (int i = 0; i < count; i++)
                {
                    to[i] = _accumulate ? to[i] + sums[i] : sums[i];
                }
            }
        }
    }

    private void Sum<TLanes, TVector>(int step, int column, int count, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int example = 0; example < _places.Examples; example++)
        {
            (int first, int behind) = _places.Of(example);
            if (first + step < behind)
            {
                RowSums<TLanes, TVector>.Add(sums, _dy.Format.Storage(), _dy.Element(first + step, column), count);
            }
        }
    }
}
