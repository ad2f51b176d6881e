using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Ops;

/// <content>The same on a graphics card (activation_forward.cu, activation_backward.cu): the same bits.</content>
internal static partial class Activations
{
    /// <summary>Adds y = act(x) to the device's work; see the overload for the CPU.</summary>
    public static void Forward(CudaDevice device, ActivationKind kind, Tensor x, Tensor y)
    {
        RequireShape(y, x, nameof(y));
        var kernel = new KernelVariant(
            "activation_forward.cu", "activation_forward", x.Format.Storage(), y.Format.Storage(), Number: (int)kind);
        device.LaunchOver(kernel, y, new ForwardArguments(x, y, x.Rows, x.Columns));
    }

    /// <summary>Adds dx = dy ⊙ act′(saved) to the device's work; see the overload for the CPU.</summary>
    public static void Backward(CudaDevice device, ActivationKind kind, Tensor dy, Tensor saved, Tensor dx)
    {
        RequireShape(dx, dy, nameof(dx));
        if (kind == ActivationKind.None)
        {
            saved = dy;
        }

        RequireShape(saved, dy, nameof(saved));
        var kernel = new KernelVariant(
            "activation_backward.cu", "activation_backward", dy.Format.Storage(), saved.Format.Storage(), dx.Format.Storage(), (int)kind);
        device.LaunchOver(kernel, dx, new BackwardArguments(dy, saved, dx, dx.Rows, dx.Columns));
    }

    private readonly record struct ForwardArguments(CudaMatrix X, CudaMatrix Y, int Rows, int Columns);

    private readonly record struct BackwardArguments(CudaMatrix Dy, CudaMatrix Saved, CudaMatrix Dx, int Rows, int Columns);
}
