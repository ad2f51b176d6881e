using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>Ranges of elements of an AdamW update.</summary>
internal readonly unsafe struct AdamWJob : IRangeKernel
{
    private const int LeastElements = 8192;

    /// <summary>Ranges start at multiples of this, a cache line of 16-bit weights; and so many are left alone together where the parameter
    /// is lazy.</summary>
    private const int Unit = 32;

    private readonly AdamWArguments _arguments;

    private AdamWJob(in AdamWArguments arguments) => _arguments = arguments;

    /// <summary>Updates all elements.</summary>
    public static void Run(CpuDevice device, in AdamWArguments arguments)
        => Partition.Run(device, new AdamWJob(arguments), Units(arguments.Count), arguments.Count, LeastElements);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        long lost = _arguments.IsLazy
            ? UpdateBusy<TLanes, TVector>(start, end)
            : Update<TLanes, TVector>(start * Unit, Math.Min(end * Unit, _arguments.Count));
        if (_arguments.Lost != null && lost > 0)
        {
            Interlocked.Add(ref *_arguments.Lost, lost);
        }
    }

    private static long Units(long count) => (count + Unit - 1) / Unit;

    /// <summary>Those units alone that have a gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long UpdateBusy<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        long lost = 0;
        for (long unit = start; unit < end; unit++)
        {
            long first = unit * Unit, last = Math.Min(first + Unit, _arguments.Count);
            if (new ReadOnlySpan<float>(_arguments.Gradient + first, (int)(last - first)).ContainsAnyExcept(0f))
            {
                lost += Update<TLanes, TVector>(first, last);
            }
        }

        return lost;
    }

    /// <summary>A loop each, so that master and format are not looked at for each vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Update<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        => (_arguments.ShadowFormat, _arguments.Shadow == null) switch
        {
            (_, true) => Loop<TLanes, TVector>(start, end, _arguments.Master, null, default),
            (NumericFormat.Float16, _) => Loop<TLanes, TVector>(start, end, _arguments.Master, _arguments.Shadow, NumericFormat.Float16),
            (NumericFormat.BFloat16, _) => Loop<TLanes, TVector>(start, end, _arguments.Master, _arguments.Shadow, NumericFormat.BFloat16),
            _ => throw UnknownValue.Of(_arguments.ShadowFormat),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Loop<TLanes, TVector>(long start, long end, float* master, ushort* shadow, NumericFormat format)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        long lost = 0;
        long i = start;
        for (; i <= end - TLanes.Count; i += TLanes.Count)
        {
            lost += Update<TLanes, TVector>((nint)i, master, shadow, format);
        }

        for (; i < end; i++)
        {
            lost += Update<LanesPortable, float>((nint)i, master, shadow, format);
        }

        return lost;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Update<TLanes, TVector>(nint i, float* master, ushort* shadow, NumericFormat format)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var g = WeightStorage.TrueGradient<TLanes, TVector>(_arguments.Gradient, _arguments.ValueLimit, _arguments.Factor, i);
        var rest1 = TLanes.Broadcast(1 - _arguments.Beta1);
        var rest2 = TLanes.Broadcast(1 - _arguments.Beta2);
        var m = TLanes.FusedMultiplyAdd(TLanes.Broadcast(_arguments.Beta1), TLanes.Load(_arguments.First + i), TLanes.Multiply(rest1, g));
        var v = TLanes.FusedMultiplyAdd(
            TLanes.Broadcast(_arguments.Beta2), TLanes.Load(_arguments.Second + i), TLanes.Multiply(TLanes.Multiply(rest2, g), g));
        TLanes.Store(m, _arguments.First + i);
        TLanes.Store(v, _arguments.Second + i);

        var mHat = TLanes.Multiply(m, TLanes.Broadcast(1 / _arguments.BiasCorrection1));
        var vHat = TLanes.Multiply(v, TLanes.Broadcast(1 / _arguments.BiasCorrection2));
        var direction = TLanes.Divide(mHat, TLanes.Add(TLanes.SquareRoot(vHat), TLanes.Broadcast(_arguments.Epsilon)));

        var w = WeightStorage.Load<TLanes, TVector>(master, shadow, format, i);
        var update = TLanes.Multiply(
            TLanes.Broadcast(-_arguments.LearningRate), TLanes.FusedMultiplyAdd(TLanes.Broadcast(_arguments.WeightDecay), w, direction));
        WeightStorage.Store<TLanes, TVector>(TLanes.Add(w, update), master, shadow, format, i);
        return master == null ? WeightStorage.CountLost<TLanes, TVector>(w, update, shadow, format, i) : 0;
    }
}
