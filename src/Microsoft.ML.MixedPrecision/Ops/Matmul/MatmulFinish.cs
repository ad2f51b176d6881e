using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The epilogues that most products have, in one pass from a row of sums to the row of C instead of one pass a part: y = act(sum + bias) and
/// dz = sum ⊙ relu′(y), act none or ReLU, rounded once. With a hundred steps along K every further pass costs some percent of the product.
/// </summary>
internal static unsafe class MatmulFinish<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Whether these arguments are among them.</summary>
    public static bool Covers(in MatmulArguments arguments)
    {
        bool forward = arguments.Saved.Address == 0 && arguments.Activation is ActivationKind.None or ActivationKind.Relu;
        bool backward = arguments.Saved.Address != 0 && arguments.Activation == ActivationKind.None && arguments.Bias.Address == 0
            && arguments.GradientOf == ActivationKind.Relu && arguments.Saved.Format.Storage() == arguments.C.Format.Storage();
        return (forward || backward) && !arguments.Accumulate && arguments.PreActivation.Address == 0;
    }

    /// <summary>to[i] = act(sums[i] + bias[i]), i &lt; count.</summary>
    /// <param name="kind">None or ReLU.</param>
    /// <param name="sums">Float32; readable up to a whole number of vectors.</param>
    /// <param name="bias">Float32, readable like <paramref name="sums"/>; or null.</param>
    /// <param name="format">Storage format of <paramref name="to"/>.</param>
    /// <param name="to">Receives the elements.</param>
    /// <param name="count">Number of elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(ActivationKind kind, float* sums, float* bias, NumericFormat format, void* to, nint count)
    {
        // A loop each, so that neither the activation nor the format is looked at for each vector.
        switch (format, kind)
        {
            case (NumericFormat.Float32, ActivationKind.None):
                ForwardLoop(ActivationKind.None, sums, bias, NumericFormat.Float32, to, count);
                break;
            case (NumericFormat.Float32, _):
                ForwardLoop(ActivationKind.Relu, sums, bias, NumericFormat.Float32, to, count);
                break;
            case (NumericFormat.Float16, ActivationKind.None):
                ForwardLoop(ActivationKind.None, sums, bias, NumericFormat.Float16, to, count);
                break;
            case (NumericFormat.Float16, _):
                ForwardLoop(ActivationKind.Relu, sums, bias, NumericFormat.Float16, to, count);
                break;
            case (_, ActivationKind.None):
                ForwardLoop(ActivationKind.None, sums, bias, NumericFormat.BFloat16, to, count);
                break;
            default:
                ForwardLoop(ActivationKind.Relu, sums, bias, NumericFormat.BFloat16, to, count);
                break;
        }
    }

    /// <summary>to[i] = sums[i] ⊙ relu′(y[i]), i &lt; count.</summary>
    /// <param name="sums">Float32; readable up to a whole number of vectors.</param>
    /// <param name="y">What ReLU gave, in <paramref name="format"/>.</param>
    /// <param name="format">Storage format of <paramref name="y"/> and <paramref name="to"/>.</param>
    /// <param name="to">Receives the elements.</param>
    /// <param name="count">Number of elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* sums, void* y, NumericFormat format, void* to, nint count)
    {
        switch (format)
        {
            case NumericFormat.Float32:
                BackwardLoop(sums, y, NumericFormat.Float32, to, count);
                break;
            case NumericFormat.Float16:
                BackwardLoop(sums, y, NumericFormat.Float16, to, count);
                break;
            default:
                BackwardLoop(sums, y, NumericFormat.BFloat16, to, count);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardLoop(ActivationKind kind, float* sums, float* bias, NumericFormat format, void* to, nint count)
    {
        nint i = 0;
        if (bias != null)
        {
            for (; i <= count - TLanes.Count; i += TLanes.Count)
                FormatLanes<TLanes, TVector>.Store(format, ActivationLanes<TLanes, TVector>.Forward(kind, TLanes.Add(TLanes.Load(sums + i), TLanes.Load(bias + i))), to, i);
        }
        else
        {
            for (; i <= count - TLanes.Count; i += TLanes.Count)
                FormatLanes<TLanes, TVector>.Store(format, ActivationLanes<TLanes, TVector>.Forward(kind, TLanes.Load(sums + i)), to, i);
        }

        if (i < count)
        {
            var last = TLanes.Load(sums + i);
            if (bias != null)
                last = TLanes.Add(last, TLanes.Load(bias + i));
            StoreSome(ActivationLanes<TLanes, TVector>.Forward(kind, last), format, to, i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BackwardLoop(float* sums, void* y, NumericFormat format, void* to, nint count)
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var dz = ActivationLanes<TLanes, TVector>.Backward(ActivationKind.Relu, TLanes.Load(sums + i), FormatLanes<TLanes, TVector>.Load(format, y, i));
            FormatLanes<TLanes, TVector>.Store(format, dz, to, i);
        }
        for (; i < count; i++)
        {
            float dz = ActivationLanes<LanesPortable, float>.Backward(ActivationKind.Relu, sums[i], FormatLanes<LanesPortable, float>.Load(format, y, i));
            FormatLanes<LanesPortable, float>.Store(format, dz, to, i);
        }
    }

    /// <summary>Rounds a vector as a whole and writes its first elements only: behind them may lie what belongs to others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSome(TVector values, NumericFormat format, void* to, nint index, nint count)
    {
        const int MostElements = 16;
        float* whole = stackalloc float[MostElements];
        FormatLanes<TLanes, TVector>.Store(format, values, whole, 0);
        int bytes = format == NumericFormat.Float32 ? sizeof(float) : sizeof(ushort);
        Unsafe.CopyBlockUnaligned((byte*)to + (index * bytes), whole, (uint)(count * bytes));
    }
}
