using System.Runtime.CompilerServices;
using Microsoft.ML.MixedPrecision.Tensors;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <summary>Activations and their gradients over a run of Float32 elements, with one vector type.</summary>
internal static unsafe class ActivationKernel<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>y[i] = act(x[i]); y may be x.</summary>
    public static void Forward(ActivationKind kind, float* x, float* y, nint count)
    {
        // A loop each, so that the choice is made once and not for each vector.
        switch (kind)
        {
            case ActivationKind.Relu:
                ForwardLoop(ActivationKind.Relu, x, y, count);
                break;
            case ActivationKind.Gelu:
                ForwardLoop(ActivationKind.Gelu, x, y, count);
                break;
            case ActivationKind.GeluErf:
                ForwardLoop(ActivationKind.GeluErf, x, y, count);
                break;
            case ActivationKind.Silu:
                ForwardLoop(ActivationKind.Silu, x, y, count);
                break;
            case ActivationKind.Tanh:
                ForwardLoop(ActivationKind.Tanh, x, y, count);
                break;
            case ActivationKind.Sigmoid:
                ForwardLoop(ActivationKind.Sigmoid, x, y, count);
                break;
            default:
                ForwardLoop(ActivationKind.None, x, y, count);
                break;
        }
    }

    /// <summary>dx[i] = dy[i]·act′(saved[i]); dx may be dy.</summary>
    public static void Backward(ActivationKind kind, float* dy, float* saved, float* dx, nint count)
    {
        switch (kind)
        {
            case ActivationKind.Relu:
                BackwardLoop(ActivationKind.Relu, dy, saved, dx, count);
                break;
            case ActivationKind.Gelu:
                BackwardLoop(ActivationKind.Gelu, dy, saved, dx, count);
                break;
            case ActivationKind.GeluErf:
                BackwardLoop(ActivationKind.GeluErf, dy, saved, dx, count);
                break;
            case ActivationKind.Silu:
                BackwardLoop(ActivationKind.Silu, dy, saved, dx, count);
                break;
            case ActivationKind.Tanh:
                BackwardLoop(ActivationKind.Tanh, dy, saved, dx, count);
                break;
            case ActivationKind.Sigmoid:
                BackwardLoop(ActivationKind.Sigmoid, dy, saved, dx, count);
                break;
            default:
                BackwardLoop(ActivationKind.None, dy, saved, dx, count);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ForwardLoop(ActivationKind kind, float* x, float* y, nint count)
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
            TLanes.Store(ActivationLanes<TLanes, TVector>.Forward(kind, TLanes.Load(x + i)), y + i);
        for (; i < count; i++)
            y[i] = ActivationLanes<LanesPortable, float>.Forward(kind, x[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void BackwardLoop(ActivationKind kind, float* dy, float* saved, float* dx, nint count)
    {
        nint i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
            TLanes.Store(ActivationLanes<TLanes, TVector>.Backward(kind, TLanes.Load(dy + i), TLanes.Load(saved + i)), dx + i);
        for (; i < count; i++)
            dx[i] = ActivationLanes<LanesPortable, float>.Backward(kind, dy[i], saved[i]);
    }
}
