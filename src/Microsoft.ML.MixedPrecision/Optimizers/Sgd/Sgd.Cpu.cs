using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors.Cpu;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Optimizers;

/// <summary>Ranges of elements of an SGD update.</summary>
internal readonly unsafe struct SgdJob : IRangeKernel
{
    private const int LeastElements = 16384;

    /// <summary>Ranges start at multiples of this, a cache line of 16-bit weights.</summary>
    private const int Unit = 32;

    private readonly SgdArguments _arguments;

    private SgdJob(in SgdArguments arguments) => _arguments = arguments;

    /// <summary>Updates all elements.</summary>
    public static void Run(CpuDevice device, in SgdArguments arguments)
        => Partition.Run(device, new SgdJob(arguments), Units(arguments.Count), arguments.Count, LeastElements);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TLanes, TVector>(long start, long end)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        (start, end) = (start * Unit, Math.Min(end * Unit, _arguments.Count));
        long lost = 0;
        long i = start;
        for (; i <= end - TLanes.Count; i += TLanes.Count)
        {
            lost += Update<TLanes, TVector>((nint)i);
        }

        for (; i < end; i++)
        {
            lost += Update<LanesPortable, float>((nint)i);
        }

        if (_arguments.Lost != null && lost > 0)
        {
            Interlocked.Add(ref *_arguments.Lost, lost);
        }
    }

    private static long Units(long count) => (count + Unit - 1) / Unit;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Update<TLanes, TVector>(nint i)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float* master = _arguments.Master;
        ushort* shadow = _arguments.Shadow;
        var format = _arguments.ShadowFormat;
        var w = WeightStorage.Load<TLanes, TVector>(master, shadow, format, i);
        var g = WeightStorage.TrueGradient<TLanes, TVector>(_arguments.Gradient, _arguments.ValueLimit, _arguments.Factor, i);
        g = TLanes.FusedMultiplyAdd(TLanes.Broadcast(_arguments.WeightDecay), w, g);
        var direction = _arguments.Momentum == 0 ? g : Accelerate<TLanes, TVector>(g, i);
        var update = TLanes.Multiply(TLanes.Broadcast(-_arguments.LearningRate), direction);
        WeightStorage.Store<TLanes, TVector>(TLanes.Add(w, update), master, shadow, format, i);
        return master == null ? WeightStorage.CountLost<TLanes, TVector>(w, update, shadow, format, i) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TVector Accelerate<TLanes, TVector>(TVector g, nint i)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        var momentum = TLanes.Broadcast(_arguments.Momentum);
        var velocity = TLanes.FusedMultiplyAdd(momentum, TLanes.Load(_arguments.Velocity + i), g);
        TLanes.Store(velocity, _arguments.Velocity + i);
        return _arguments.Nesterov ? TLanes.FusedMultiplyAdd(momentum, velocity, g) : velocity;
    }
}
