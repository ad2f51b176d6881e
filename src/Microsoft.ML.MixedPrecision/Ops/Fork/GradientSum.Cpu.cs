using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a sum of several matrices.</summary>
internal readonly unsafe struct GradientSumJob : IRangeKernel
{
    private const int LeastElements = 16384;

    private readonly GradientSum.Tensors16 _x;
    private readonly int _count;
    private readonly Tensor _y;

    private GradientSumJob(in GradientSum.Tensors16 x, int count, in Tensor y)
        => (_x, _count, _y) = (x, count, y);

    /// <summary>y = Σ xᵢ.</summary>
    public static void Run(CpuDevice device, in GradientSum.Tensors16 x, int count, in Tensor y)
        => Partition.Run(device, new GradientSumJob(x, count, y), y.Rows, (long)y.Rows * y.Columns, LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = (int)start; row < end; row++)
        {
            Add<TLanes, TVector>(row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TLanes, TVector>(int row)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        NumericFormat format = _y.Format.Storage();
        void* y = _y.Row(row);
        int column = 0;
        for (; column <= _y.Columns - TLanes.Count; column += TLanes.Count)
        {
            FormatLanes<TLanes, TVector>.Store(format, Sum<TLanes, TVector>(row, column), y, column);
        }

        for (; column < _y.Columns; column++)
        {
            FormatLanes<LanesPortable, float>.Store(format, Sum<LanesPortable, float>(row, column), y, column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Sum<TLanes, TVector>(int row, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector sum = FormatLanes<TLanes, TVector>.Load(_x[0].Format.Storage(), _x[0].Row(row), column);
        for (int i = 1; i < _count; i++)
        {
            sum = TLanes.Add(sum, FormatLanes<TLanes, TVector>.Load(_x[i].Format.Storage(), _x[i].Row(row), column));
        }

        return sum;
    }
}
