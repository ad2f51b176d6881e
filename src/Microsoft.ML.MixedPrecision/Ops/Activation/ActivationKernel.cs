using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Simd;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Activations and their gradients over a run of Float32 elements, with one vector type.</summary>
internal static unsafe class ActivationKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>y[i] = act(x[i]); y may be x.</summary>
    public static void Forward(ActivationKind kind, float* x, float* y, nint count)
    {
        switch (kind)
        {
            case ActivationKind.Relu:
                Forward<ActivationChoices.Relu>(x, y, count);
                break;
            case ActivationKind.Gelu:
                Forward<ActivationChoices.Gelu>(x, y, count);
                break;
            case ActivationKind.GeluErf:
                Forward<ActivationChoices.GeluErf>(x, y, count);
                break;
            case ActivationKind.Silu:
                Forward<ActivationChoices.Silu>(x, y, count);
                break;
            case ActivationKind.Tanh:
                Forward<ActivationChoices.Tanh>(x, y, count);
                break;
            case ActivationKind.Sigmoid:
                Forward<ActivationChoices.Sigmoid>(x, y, count);
                break;
            case ActivationKind.Mish:
                Forward<ActivationChoices.Mish>(x, y, count);
                break;
            case ActivationKind.Selu:
                Forward<ActivationChoices.Selu>(x, y, count);
                break;
            case ActivationKind.None:
                Forward<ActivationChoices.None>(x, y, count);
                break;
            default:
                throw UnknownValue.Of(kind);
        }
    }

    /// <summary>dx[i] = dy[i]·act′(saved[i]); dx may be dy.</summary>
    public static void Backward(ActivationKind kind, float* dy, float* saved, float* dx, nint count)
    {
        switch (kind)
        {
            case ActivationKind.Relu:
                Backward<ActivationChoices.Relu>(dy, saved, dx, count);
                break;
            case ActivationKind.Gelu:
                Backward<ActivationChoices.Gelu>(dy, saved, dx, count);
                break;
            case ActivationKind.GeluErf:
                Backward<ActivationChoices.GeluErf>(dy, saved, dx, count);
                break;
            case ActivationKind.Silu:
                Backward<ActivationChoices.Silu>(dy, saved, dx, count);
                break;
            case ActivationKind.Tanh:
                Backward<ActivationChoices.Tanh>(dy, saved, dx, count);
                break;
            case ActivationKind.Sigmoid:
                Backward<ActivationChoices.Sigmoid>(dy, saved, dx, count);
                break;
            case ActivationKind.Mish:
                Backward<ActivationChoices.Mish>(dy, saved, dx, count);
                break;
            case ActivationKind.Selu:
                Backward<ActivationChoices.Selu>(dy, saved, dx, count);
                break;
            case ActivationKind.None:
                Backward<ActivationChoices.None>(dy, saved, dx, count);
                break;
            default:
                throw UnknownValue.Of(kind);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<TChoice>(float* x, float* y, nint count)
        where TChoice : struct, IActivationChoice
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(ActivationLanes<TLanes, TVector>.Forward(TChoice.Kind, TLanes.Load(x + i)), y + i);
        }

        for (; i < count; i++)
        {
            y[i] = ActivationLanes<LanesPortable, float>.Forward(TChoice.Kind, x[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<TChoice>(float* dy, float* saved, float* dx, nint count)
        where TChoice : struct, IActivationChoice
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(ActivationLanes<TLanes, TVector>.Backward(TChoice.Kind, TLanes.Load(dy + i), TLanes.Load(saved + i)), dx + i);
        }

        for (; i < count; i++)
        {
            dx[i] = ActivationLanes<LanesPortable, float>.Backward(TChoice.Kind, dy[i], saved[i]);
        }
    }
}
