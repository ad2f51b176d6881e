using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>
/// The epilogues that most products have, in one pass from a row of sums to the row of C instead of one pass a part: y = act(sum + bias)
/// and
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

    /// <summary>C = act(sums + bias).</summary>
    /// <param name="kind">None or ReLU.</param>
    /// <param name="rows">The sums and their places in C.</param>
    /// <param name="bias">Float32, readable like a row of sums; or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(ActivationKind kind, in MatmulRows rows, float* bias)
    {
        // A loop each, so that neither the activation nor the format is looked at for each vector.
        switch (rows.C.Format.Storage(), kind)
        {
            case (NumericFormat.Float32, ActivationKind.None):
                ForwardRows(ActivationKind.None, rows, bias, NumericFormat.Float32);
                break;
            case (NumericFormat.Float32, ActivationKind.Relu):
                ForwardRows(ActivationKind.Relu, rows, bias, NumericFormat.Float32);
                break;
            case (NumericFormat.Float16, ActivationKind.None):
                ForwardRows(ActivationKind.None, rows, bias, NumericFormat.Float16);
                break;
            case (NumericFormat.Float16, ActivationKind.Relu):
                ForwardRows(ActivationKind.Relu, rows, bias, NumericFormat.Float16);
                break;
            case (NumericFormat.BFloat16, ActivationKind.None):
                ForwardRows(ActivationKind.None, rows, bias, NumericFormat.BFloat16);
                break;
            case (NumericFormat.BFloat16, ActivationKind.Relu):
                ForwardRows(ActivationKind.Relu, rows, bias, NumericFormat.BFloat16);
                break;
            case (_, ActivationKind.None or ActivationKind.Relu):
                throw UnknownValue.Of(rows.C.Format);
            default:
                throw UnknownValue.Of(kind);
        }
    }

    /// <summary>C = sums ⊙ relu′(y).</summary>
    /// <param name="rows">The sums and their places in C.</param>
    /// <param name="y">What ReLU gave: shape and format of C.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(in MatmulRows rows, in Tensor y)
    {
        switch (rows.C.Format.Storage())
        {
            case NumericFormat.Float32:
                BackwardRows(rows, y, NumericFormat.Float32);
                break;
            case NumericFormat.Float16:
                BackwardRows(rows, y, NumericFormat.Float16);
                break;
            case NumericFormat.BFloat16:
                BackwardRows(rows, y, NumericFormat.BFloat16);
                break;
            default:
                throw UnknownValue.Of(rows.C.Format);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardRows(ActivationKind kind, in MatmulRows rows, float* bias, NumericFormat format)
    {
        float* sums = (float*)rows.Sums;
        for (int row = 0; row < rows.Count; row++, sums += rows.SumsPitch)
        {
            ForwardLoop(kind, sums, bias, format, rows.C.Element(rows.Row + row, rows.Column), rows.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BackwardRows(in MatmulRows rows, in Tensor y, NumericFormat format)
    {
        float* sums = (float*)rows.Sums;
        for (int row = 0; row < rows.Count; row++, sums += rows.SumsPitch)
        {
            BackwardLoop(sums, y.Element(rows.Row + row, rows.Column), format, rows.C.Element(rows.Row + row, rows.Column), rows.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardLoop(ActivationKind kind, float* sums, float* bias, NumericFormat format, void* to, nint count)
    {
        nint i = 0;
        if (bias != null)
        {
            for (; i <= count - TLanes.Count; i += TLanes.Count)
            {
                FormatLanes<TLanes, TVector>.Store(
                    format,
                    ActivationLanes<TLanes, TVector>.Forward(kind, TLanes.Add(TLanes.Load(sums + i), TLanes.Load(bias + i))),
                    to,
                    i);
            }
        }
        else
        {
            for (; i <= count - TLanes.Count; i += TLanes.Count)
            {
                FormatLanes<TLanes, TVector>.Store(format, ActivationLanes<TLanes, TVector>.Forward(kind, TLanes.Load(sums + i)), to, i);
            }
        }

        if (i < count)
        {
            var last = TLanes.Load(sums + i);
            if (bias != null)
            {
                last = TLanes.Add(last, TLanes.Load(bias + i));
            }

            StoreSome(ActivationLanes<TLanes, TVector>.Forward(kind, last), format, to, i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BackwardLoop(float* sums, void* y, NumericFormat format, void* to, nint count)
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            var dz = ActivationLanes<TLanes, TVector>.Backward(
                ActivationKind.Relu,
                TLanes.Load(sums + i),
                FormatLanes<TLanes, TVector>.Load(format, y, i));
            FormatLanes<TLanes, TVector>.Store(format, dz, to, i);
        }
        for (; i < count; i++)
        {
            float dz = ActivationLanes<LanesPortable, float>.Backward(
                ActivationKind.Relu,
                sums[i],
                FormatLanes<LanesPortable, float>.Load(format, y, i));
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
        int bytes = format.BytesPerElement();
        Unsafe.CopyBlockUnaligned((byte*)to + (index * bytes), whole, (uint)(count * bytes));
    }
}
