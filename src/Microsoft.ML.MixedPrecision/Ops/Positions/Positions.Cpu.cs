using System.Runtime.CompilerServices;
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
                Add<TLanes, TVector>(row, (float*)_table.Row(row - first));
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, TVector>(int row, float* position)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        void* x = _x.Row(row), y = _y.Row(row);
        NumericFormat formatX = _x.Format.Storage(), formatY = _y.Format.Storage();
        int i = 0;
        for (; i <= _x.Columns - TLanes.Count; i += TLanes.Count)
        {
            var sum = TLanes.Add(FormatLanes<TLanes, TVector>.Load(formatX, x, i), TLanes.Load(position + i));
            FormatLanes<TLanes, TVector>.Store(formatY, sum, y, i);
        }

        for (; i < _x.Columns; i++)
        {
            float sum = FormatLanes<LanesPortable, float>.Load(formatX, x, i) + position[i];
            FormatLanes<LanesPortable, float>.Store(formatY, sum, y, i);
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
                Add<TLanes, TVector>(_dy.Row(first + step), column, count, sums);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, TVector>(void* dy, int column, int count, float* sums)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _dy.Format.Storage();
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Add(TLanes.Load(sums + i), FormatLanes<TLanes, TVector>.Load(format, dy, column + i)), sums + i);
        }

        for (; i < count; i++)
        {
            sums[i] += FormatLanes<LanesPortable, float>.Load(format, dy, column + i);
        }
    }
}
