using Microsoft.ML.MixedPrecision.Tensors;
using Microsoft.ML.MixedPrecision.Tensors.Cuda;
using Microsoft.ML.MixedPrecision.Tensors.Kernels;

namespace Microsoft.ML.MixedPrecision.Losses;

/// <content>The same on a graphics card (softmax.cu); a row is added in another order than on the CPU.</content>
internal static partial class Softmax
{
    private const int WarpThreads = 32;

    /// <summary>Adds y = softmax of each row of the logits to the device's work; see the overload for the CPU.</summary>
    public static void Run(CudaDevice device, Tensor logits, Tensor y)
    {
        RequireShape(logits, y);
        var arguments = new Arguments(logits, y, y.Rows, y.Columns);
        device.LaunchOver(new KernelVariant("softmax.cu", "softmax"), (long)y.Rows * WarpThreads, arguments);
    }

    private readonly record struct Arguments(CudaMatrix X, CudaMatrix Y, int Rows, int Columns);
}
