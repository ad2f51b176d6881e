using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of a parametric activation, through short Float32 buffers.</summary>
internal readonly unsafe struct ParametricForwardJob : IRangeKernel
{
    private const int BufferSize = 512;
    private const int LeastElements = 8192;

    private readonly ActivationKind _kind;
    private readonly Tensor _x;
    private readonly Tensor _shares;
    private readonly Tensor _y;

    private ParametricForwardJob(ActivationKind kind, in Tensor x, in Tensor shares, in Tensor y)
        => (_kind, _x, _shares, _y) = (kind, x, shares, y);

    /// <summary>y from x.</summary>
    public static void Run(CpuDevice device, ActivationKind kind, in Tensor x, in Tensor shares, in Tensor y)
        => Partition.Run(device, new ParametricForwardJob(kind, x, shares, y), x.Rows, (long)x.Rows * x.Columns, LeastElements);

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = (int)start; row < end; row++)
        {
            for (int column = 0; column < _x.Columns; column += BufferSize)
            {
                RunPiece<TLanes, TVector>(row, column, Math.Min(BufferSize, _x.Columns - column));
            }
        }
    }

    [SkipLocalsInit]
    private void RunPiece<TLanes, TVector>(int row, int column, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var x = stackalloc float[BufferSize];
        var y = stackalloc float[BufferSize];
        ConvertKernel.Convert<TLanes, TVector>(_x.Format.Storage(), _x.Element(row, column), NumericFormat.Float32, x, count);
        ActivationKernel<TLanes, TVector>.Forward(_kind, x, y, count);
        ParametricLanes<TLanes, TVector>.Mix((float*)_shares.Address + column, x, y, y, count);
        ConvertKernel.Convert<TLanes, TVector>(NumericFormat.Float32, y, _y.Format.Storage(), _y.Element(row, column), count);
    }
}
