using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Rows of the gradient of one value, each a member of an example.</summary>
internal readonly unsafe struct MemberMeanBackwardJob : IRangeKernel
{
    private const int LeastElements = 2048;

    private readonly MemberMeanKind _kind;
    private readonly MemberMeanGradient _gradient;
    private readonly int _rows;

    private MemberMeanBackwardJob(MemberMeanKind kind, in MemberMeanGradient gradient)
        => (_kind, _gradient, _rows) = (kind, gradient, gradient.DZ.Rows / gradient.DO.Rows);

    /// <summary>dz.</summary>
    public static void Run(CpuDevice device, MemberMeanKind kind, in MemberMeanGradient gradient)
    {
        Tensor dz = gradient.DZ;
        Partition.Run(device, new MemberMeanBackwardJob(kind, gradient), dz.Rows, (long)dz.Rows * dz.Columns, LeastElements);
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int row = (int)start; row < end; row++)
        {
            float total = _kind == MemberMeanKind.LogMeanSoftmax ? Total<TLanes, TVector>(row) : 0;
            int column = 0;
            for (; column <= _gradient.DZ.Columns - TLanes.Count; column += TLanes.Count)
            {
                Store<TLanes, TVector>(row, column, total);
            }

            for (; column < _gradient.DZ.Columns; column++)
            {
                Store<LanesPortable, float>(row, column, total);
            }
        }
    }

    /// <summary>Σⱼ gⱼ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Total<TLanes, TVector>(int row)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float total = 0;
        int column = 0;
        if (_gradient.DZ.Columns >= TLanes.Count)
        {
            TVector sum = TLanes.Broadcast(0);
            for (; column <= _gradient.DZ.Columns - TLanes.Count; column += TLanes.Count)
            {
                sum = TLanes.Add(sum, Share<TLanes, TVector>(row, column, out _));
            }

            total = VectorMath<TLanes, TVector>.Sum(sum);
        }

        for (; column < _gradient.DZ.Columns; column++)
        {
            total += Share<LanesPortable, float>(row, column, out _);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Store<TLanes, TVector>(int row, int column, float total)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector dz;
        switch (_kind)
        {
            case MemberMeanKind.Mean:
                dz = TLanes.Multiply(Output<TLanes, TVector>(_gradient.DO, row, column), TLanes.Broadcast(1f / _gradient.Members));
                break;
            case MemberMeanKind.LogMeanSoftmax:
                TVector share = Share<TLanes, TVector>(row, column, out TVector probability);
                dz = TLanes.Subtract(share, TLanes.Multiply(probability, TLanes.Broadcast(total)));
                break;
            case MemberMeanKind.LogitMeanSigmoid:
                dz = Sigmoid<TLanes, TVector>(row, column);
                break;
            default:
                throw UnknownValue.Of(_kind);
        }

        FormatLanes<TLanes, TVector>.Store(_gradient.DZ.Format.Storage(), dz, _gradient.DZ.Row(row), column);
    }

    /// <summary>g = do·e^(t − o − ln M), and e^t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Share<TLanes, TVector>(int row, int column, out TVector probability)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float logSum = ((float*)_gradient.Sums.Row(row / _rows))[_gradient.First + (row % _rows)];
        var t = TLanes.Subtract(TLanes.Load((float*)_gradient.Z.Element(row, column)), TLanes.Broadcast(logSum));
        probability = VectorMath<TLanes, TVector>.Exp(t);
        var o = TLanes.Add(Output<TLanes, TVector>(_gradient.O, row, column), TLanes.Broadcast(MathF.Log(_gradient.Members)));
        return TLanes.Multiply(
            Output<TLanes, TVector>(_gradient.DO, row, column),
            VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(t, o)));
    }

    /// <summary>do·(e^(ln σ(z) − a)·σ(−z) + e^(ln σ(−z) − b)·σ(z)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Sigmoid<TLanes, TVector>(int row, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector zero = TLanes.Broadcast(0), one = TLanes.Broadcast(1);
        var a = TLanes.Load((float*)_gradient.Sums.Element(row / _rows, column));
        var b = TLanes.Load((float*)_gradient.Sums.Element(row / _rows, _gradient.DZ.Columns + column));
        var z = TLanes.Load((float*)_gradient.Z.Element(row, column));
        var e = VectorMath<TLanes, TVector>.Exp(VectorMath<TLanes, TVector>.Negate(VectorMath<TLanes, TVector>.Absolute(z)));
        var large = TLanes.Divide(one, TLanes.Add(one, e));
        var small = TLanes.Multiply(e, large);
        var isNegative = TLanes.GreaterThan(zero, z);
        TVector yes = TLanes.Select(isNegative, small, large), no = TLanes.Select(isNegative, large, small);
        var ofYes = VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(VectorMath<TLanes, TVector>.AtMost(z, zero), a));
        var ofNo = VectorMath<TLanes, TVector>.Exp(
            TLanes.Subtract(VectorMath<TLanes, TVector>.AtMost(VectorMath<TLanes, TVector>.Negate(z), zero), b));
        var sum = TLanes.Add(TLanes.Multiply(ofYes, no), TLanes.Multiply(ofNo, yes));
        return TLanes.Multiply(Output<TLanes, TVector>(_gradient.DO, row, column), TLanes.Multiply(large, sum));
    }

    /// <summary>What stands beside a row's columns in a matrix of one row an example.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Output<TLanes, TVector>(in Tensor of, int row, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => TLanes.Load((float*)of.Element(row / _rows, column));
}
