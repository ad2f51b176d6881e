using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Examples of a mean over members.</summary>
internal readonly unsafe struct MemberMeanForwardJob : IRangeKernel
{
    private const int LeastElements = 2048;

    private readonly MemberMeanKind _kind;
    private readonly Tensor* _values;
    private readonly int _count;
    private readonly Tensor _sums;
    private readonly Tensor _o;
    private readonly int _members;

    private MemberMeanForwardJob(MemberMeanKind kind, Tensor* values, int count, in Tensor sums, in Tensor o)
    {
        (_kind, _count, _sums, _o) = (kind, count, sums, o);
        _values = values;
        for (int i = 0; i < count; i++)
        {
            _members += values[i].Rows / o.Rows;
        }
    }

    /// <summary>o, and what backward reads.</summary>
    public static void Run(CpuDevice device, MemberMeanKind kind, ReadOnlySpan<Tensor> values, in Tensor sums, in Tensor o)
    {
        fixed (Tensor* first = values)
        {
            var job = new MemberMeanForwardJob(kind, first, values.Length, sums, o);
            Partition.Run(device, job, o.Rows, (long)o.Rows * o.Columns * job._members, LeastElements);
        }
    }

    /// <inheritdoc/>
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        for (int example = (int)start; example < end; example++)
        {
            if (_kind == MemberMeanKind.LogMeanSoftmax)
            {
                LogSums<TLanes, TVector>(example);
            }

            int column = 0;
            for (; column <= _o.Columns - TLanes.Count; column += TLanes.Count)
            {
                Average<TLanes, TVector>(example, column);
            }

            for (; column < _o.Columns; column++)
            {
                Average<LanesPortable, float>(example, column);
            }
        }
    }

    /// <summary>lᵢ of each member; the example's row of o is working memory.</summary>
    private void LogSums<TLanes, TVector>(int example)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var sums = (float*)_sums.Row(example);
        var exponentials = (float*)_o.Row(example);
        for (int i = 0; i < _count; i++)
        {
            int members = _values[i].Rows / _o.Rows;
            for (int member = 0; member < members; member++)
            {
                var z = (float*)_values[i].Row((example * members) + member);
                float largest = SoftmaxRow<TLanes, TVector>.Largest(z, _o.Columns);
                *sums++ = largest + MathF.Log(SoftmaxRow<TLanes, TVector>.Exponentials(z, largest, exponentials, _o.Columns));
            }
        }
    }

    /// <summary>A vector of columns.</summary>
    private void Average<TLanes, TVector>(int example, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector o = _kind switch
        {
            MemberMeanKind.Mean => Mean<TLanes, TVector>(example, column),
            MemberMeanKind.LogMeanSoftmax => LogMeanSoftmax<TLanes, TVector>(example, column),
            MemberMeanKind.LogitMeanSigmoid => LogitMeanSigmoid<TLanes, TVector>(example, column),
            _ => throw UnknownValue.Of(_kind),
        };
        TLanes.Store(o, (float*)_o.Element(example, column));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TVector Mean<TLanes, TVector>(int example, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector sum = TLanes.Broadcast(0);
        for (int i = 0; i < _count; i++)
        {
            int members = _values[i].Rows / _o.Rows;
            for (int member = 0; member < members; member++)
            {
                sum = TLanes.Add(sum, TLanes.Load((float*)_values[i].Element((example * members) + member, column)));
            }
        }

        return TLanes.Multiply(sum, TLanes.Broadcast(1f / _members));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TVector LogMeanSoftmax<TLanes, TVector>(int example, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector largest = TLanes.Broadcast(float.NegativeInfinity), sum = TLanes.Broadcast(0);
        for (int pass = 0; pass < 2; pass++)
        {
            var logSum = (float*)_sums.Row(example);
            for (int i = 0; i < _count; i++)
            {
                int members = _values[i].Rows / _o.Rows;
                for (int member = 0; member < members; member++)
                {
                    var z = TLanes.Load((float*)_values[i].Element((example * members) + member, column));
                    var t = TLanes.Subtract(z, TLanes.Broadcast(*logSum++));
                    if (pass == 0)
                    {
                        largest = TLanes.Select(TLanes.GreaterThan(t, largest), t, largest);
                    }
                    else
                    {
                        sum = TLanes.Add(sum, VectorMath<TLanes, TVector>.Exp(TLanes.Subtract(t, largest)));
                    }
                }
            }
        }

        return TLanes.Add(largest, TLanes.Subtract(Log<TLanes, TVector>(sum), TLanes.Broadcast(MathF.Log(_members))));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private TVector LogitMeanSigmoid<TLanes, TVector>(int example, int column)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        TVector zero = TLanes.Broadcast(0), one = TLanes.Broadcast(1);
        TVector largest = TLanes.Broadcast(float.NegativeInfinity), least = TLanes.Broadcast(float.PositiveInfinity);
        TVector yes = zero, no = zero, sumYes = zero, sumNo = zero;
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < _count; i++)
            {
                int members = _values[i].Rows / _o.Rows;
                for (int member = 0; member < members; member++)
                {
                    var z = TLanes.Load((float*)_values[i].Element((example * members) + member, column));
                    if (pass == 0)
                    {
                        largest = TLanes.Select(TLanes.GreaterThan(z, largest), z, largest);
                        least = TLanes.Select(TLanes.GreaterThan(least, z), z, least);
                        continue;
                    }

                    var e = VectorMath<TLanes, TVector>.Exp(VectorMath<TLanes, TVector>.Negate(VectorMath<TLanes, TVector>.Absolute(z)));
                    var share = TLanes.Divide(one, TLanes.Add(one, e));
                    sumYes = TLanes.Add(sumYes, Term<TLanes, TVector>(z, yes, share));
                    sumNo = TLanes.Add(sumNo, Term<TLanes, TVector>(VectorMath<TLanes, TVector>.Negate(z), no, share));
                }
            }

            yes = VectorMath<TLanes, TVector>.AtMost(largest, zero);
            no = VectorMath<TLanes, TVector>.AtMost(VectorMath<TLanes, TVector>.Negate(least), zero);
        }

        var a = TLanes.Add(yes, Log<TLanes, TVector>(sumYes));
        var b = TLanes.Add(no, Log<TLanes, TVector>(sumNo));
        TLanes.Store(a, (float*)_sums.Element(example, column));
        TLanes.Store(b, (float*)_sums.Element(example, _o.Columns + column));
        return TLanes.Subtract(a, b);
    }

    /// <summary>e^(min(z, 0) − shift)·share, which is σ(z)·e^−shift.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Term<TLanes, TVector>(TVector z, TVector shift, TVector share)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var exponent = TLanes.Subtract(VectorMath<TLanes, TVector>.AtMost(z, TLanes.Broadcast(0)), shift);
        return TLanes.Multiply(VectorMath<TLanes, TVector>.Exp(exponent), share);
    }

    private static TVector Log<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var elements = (float*)&x;
        for (int i = 0; i < TLanes.Count; i++)
        {
            elements[i] = MathF.Log(elements[i]);
        }

        return x;
    }
}
